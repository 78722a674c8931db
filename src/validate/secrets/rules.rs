//! What secrets look like: one row for each kind that says of itself what it is, and one guess by name and randomness.

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::ops::Range;
use std::sync::OnceLock;

/// Something that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// With its article.
    pub(super) kind: &'static str,
    /// Its bytes in the file.
    pub(super) range: Range<usize>,
    /// Whether its form leaves no doubt.
    pub(super) is_certain: bool,
}

/// The bytes a token is made of.
#[derive(Clone, Copy)]
enum Alphabet {
    /// `A-Z 2-7`
    Base32,
    /// `A-Z a-z 0-9`
    Letters,
    /// The same with `_` and `-`.
    Url,
    /// `0-9 a-f`
    Hex,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Alphabet::Base32 => byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte),
            Alphabet::Letters => byte.is_ascii_alphanumeric(),
            Alphabet::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Alphabet::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        }
    }
}

/// A kind that begins with a word of its own and goes on for so many bytes.
struct Token {
    kind: &'static str,
    prefix: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
}

const fn token(
    kind: &'static str,
    prefix: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
) -> Token {
    Token { kind, prefix, alphabet, least, most }
}

use Alphabet::{Base32, Hex, Letters, Url};

const TOKENS: [Token; 30] = [
    token("an AWS access key id", "AKIA", Base32, 16, 16),
    token("a temporary AWS access key id", "ASIA", Base32, 16, 16),
    token("a GitHub token", "ghp_", Letters, 36, 36),
    token("a GitHub token", "gho_", Letters, 36, 36),
    token("a GitHub token", "ghu_", Letters, 36, 36),
    token("a GitHub token", "ghs_", Letters, 36, 36),
    token("a GitHub token", "ghr_", Letters, 36, 76),
    token("a GitHub token", "github_pat_", Url, 82, 82),
    token("a GitLab token", "glpat-", Url, 20, 64),
    token("a Slack token", "xoxb-", Url, 40, 120),
    token("a Slack token", "xoxp-", Url, 40, 120),
    token("a Slack token", "xoxa-", Url, 40, 120),
    token("a Slack token", "xoxs-", Url, 40, 120),
    token("a Slack token", "xapp-1-", Url, 60, 200),
    token("a Stripe live key", "sk_live_", Letters, 24, 120),
    token("a Stripe live key", "rk_live_", Letters, 24, 120),
    token("a Stripe webhook secret", "whsec_", Letters, 32, 64),
    token("a Google API key", "AIza", Url, 35, 35),
    token("a Google OAuth client secret", "GOCSPX-", Url, 28, 28),
    token("an npm token", "npm_", Letters, 36, 36),
    token("a PyPI token", "pypi-AgEIcHlwaS5vcmc", Url, 50, 250),
    token("an Anthropic API key", "sk-ant-", Url, 80, 140),
    token("an OpenAI API key", "sk-proj-", Url, 40, 220),
    token("a DigitalOcean token", "dop_v1_", Hex, 64, 64),
    token("a Shopify token", "shpat_", Hex, 32, 32),
    token("a Hugging Face token", "hf_", Letters, 34, 34),
    token("a Linear API key", "lin_api_", Letters, 40, 40),
    token("a Postman API key", "PMAK-", Url, 59, 59),
    token("a minisign secret key", "RWRTY0Iy", Letters, 100, 300),
    token("a SendGrid API key", "SG.", Url, 22, 22),
];

const PEM: &str = "-----BEGIN ";
const JWT: &str = "eyJ";
const HOOK: &str = "hooks.slack.com/services/T";
/// Names that a value is a secret by; compared without case, `_` and `-`.
const NAMES: [&str; 9] = [
    "password",
    "passwd",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "authtoken",
    "accesstoken",
    "clientsecret",
];
/// What stands in examples.
const PLACEHOLDERS: [&str; 16] = [
    "example",
    "your",
    "xxxx",
    "****",
    "change",
    "placeholder",
    "dummy",
    "sample",
    "secret",
    "password",
    "todo",
    "0000",
    "1234",
    "abcd",
    "test",
    "fake",
];

/// Every secret of a file, in order. Guesses are for texts alone.
pub(super) fn search(bytes: &[u8], is_text: bool) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for hit in matcher().find_overlapping_iter(bytes) {
        let (at, pattern) = (hit.start(), hit.pattern().as_usize());
        if found.last().is_some_and(|last| at < last.range.end)
            || !is_apart(bytes, at) && pattern != TOKENS.len()
        {
            continue;
        }
        let one = match TOKENS.get(pattern) {
            Some(token) => tokens(bytes, at, token),
            None if pattern == TOKENS.len() => pem(bytes, at),
            None if pattern == TOKENS.len() + 1 => jwt(bytes, at),
            None => hook(bytes, at),
        };
        found.extend(one);
    }
    if is_text {
        let mut guesses = guesses(bytes);
        // What is known stands in order, and apart.
        guesses.retain(|guess| {
            let after = found.partition_point(|known| known.range.end <= guess.range.start);
            found.get(after).is_none_or(|known| guess.range.end <= known.range.start)
        });
        found.append(&mut guesses);
        found.sort_by_key(|one| one.range.start);
    }
    found
}

fn matcher() -> &'static AhoCorasick {
    static MATCHER: OnceLock<AhoCorasick> = OnceLock::new();
    MATCHER.get_or_init(|| {
        let words = TOKENS.iter().map(|token| token.prefix).chain([PEM, JWT, HOOK]);
        // A handful of constant words; it cannot be too large.
        AhoCorasick::new(words)
            .unwrap_or_else(|_| AhoCorasick::new([""; 0]).unwrap_or_else(|_| unreachable!()))
    })
}

/// Whether a word begins here, and does not go on.
fn is_apart(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    before.is_none_or(|byte| !Alphabet::Url.has(*byte) && !matches!(byte, b'+' | b'/' | b'.'))
        // `hooks.slack.com` and data segments: a path or a length before it is none of its own.
        || before == Some(&b'/')
}

fn run(bytes: &[u8], from: usize, alphabet: Alphabet, most: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().take(most).take_while(|byte| alphabet.has(**byte)).count()
}

fn tokens(bytes: &[u8], at: usize, token: &Token) -> Option<Found> {
    let from = at + token.prefix.len();
    let length = run(bytes, from, token.alphabet, token.most + 1);
    if length < token.least || length > token.most {
        return None;
    }
    let mut end = from + length;
    if token.prefix == "SG." {
        let tail = (bytes.get(end) == Some(&b'.')).then(|| run(bytes, end + 1, Url, 44))?;
        if tail != 43 {
            return None;
        }
        end += 1 + tail;
    }
    let body = bytes.get(from..end)?;
    let shown = std::str::from_utf8(bytes.get(at..end)?).ok()?;
    if is_placeholder(shown) || entropy(body) < 2.8 || token.alphabet.has(b'a') && !mixed(body) {
        return None;
    }
    Some(Found { kind: token.kind, range: at..end, is_certain: true })
}

/// A private key between its lines; a certificate or a public key is none.
fn pem(bytes: &[u8], at: usize) -> Option<Found> {
    let rest = bytes.get(at + PEM.len()..)?;
    let line = rest.get(..rest.len().min(48))?;
    let line = String::from_utf8_lossy(line);
    let (label, _) = line.split_once("-----")?;
    if !label.ends_with("PRIVATE KEY")
        && label != "PRIVATE KEY BLOCK"
        && !label.ends_with("PRIVATE KEY BLOCK")
    {
        return None;
    }
    let from = at + PEM.len() + label.len() + 5;
    let body = bytes.get(from..)?;
    let end = body.windows(5).position(|five| five == b"-----")?;
    let body = body.get(..end)?;
    // Line breaks may be written as `\n`.
    let digits =
        body.iter().filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).count();
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    (digits >= 48 && entropy(body) > 3.5 && !text.contains("example") && !text.contains("..."))
        .then(|| Found { kind: "a private key", range: from..from + end, is_certain: true })
}

/// A token with a signature: header and payload are JSON, and the header names an algorithm.
fn jwt(bytes: &[u8], at: usize) -> Option<Found> {
    let part = |from: usize| {
        let length = run(bytes, from, Url, 16_384);
        bytes.get(from..from + length)
    };
    let header = part(at)?;
    let payload_at = at + header.len() + 1;
    let payload = (bytes.get(payload_at - 1) == Some(&b'.')).then(|| part(payload_at)).flatten()?;
    let signature_at = payload_at + payload.len() + 1;
    let signature = (bytes.get(signature_at - 1) == Some(&b'.')).then(|| part(signature_at)).flatten()?;
    let json = |part: &[u8]| -> Option<serde_json::Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    let algorithm = json(header)?.get("alg")?.as_str()?.to_owned();
    let claims = json(payload)?;
    // The token every page about them shows.
    let is_example = claims.get("name").is_some_and(|name| name == "John Doe");
    (algorithm != "none" && claims.is_object() && signature.len() >= 20 && !is_example).then(|| Found {
        kind: "a signed token (JWT)",
        range: at..signature_at + signature.len(),
        is_certain: true,
    })
}

fn hook(bytes: &[u8], at: usize) -> Option<Found> {
    let from = at + HOOK.len();
    let rest = bytes.get(from..bytes.len().min(from + 80))?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'/').count();
    let path = std::str::from_utf8(rest.get(..length)?).ok()?;
    let parts: Vec<&str> = path.split('/').collect();
    let [workspace, hook, secret] = parts.as_slice() else { return None };
    let is_one = workspace.len() >= 8 && hook.len() >= 8 && secret.len() == 24 && mixed(secret.as_bytes());
    is_one.then(|| Found { kind: "a Slack webhook", range: at..from + length, is_certain: true })
}

/// `password = "…"` and the like, where the value looks random.
fn guesses(bytes: &[u8]) -> Vec<Found> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Vec::new() };
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        // A minified file has no names to go by.
        if line.len() <= 2_000 && line.is_ascii() {
            found.extend(guess(line).map(|range| Found {
                kind: "a secret, by its name and its randomness",
                range: start + range.start..start + range.end,
                is_certain: false,
            }));
        }
        start += line.len();
    }
    found
}

fn guess(line: &str) -> Option<Range<usize>> {
    let plain: String = line.to_ascii_lowercase();
    let equals = plain.find(['=', ':'])?;
    let (name, _) = plain.split_at(equals);
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if !NAMES.iter().any(|known| name.ends_with(known)) {
        return None;
    }
    let rest = line.get(equals + 1..)?;
    let quote = rest.find(['"', '\'', '`']).filter(|at| {
        rest.get(..*at).is_some_and(|blank| blank.trim_matches([' ', '=', ':', '>']).is_empty())
    })?;
    let mark = rest.get(quote..=quote)?;
    let from = equals + 1 + quote + 1;
    let value = line.get(from..)?;
    let value = value.get(..value.find(mark)?)?;
    let random = value.len() >= 16
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && !value.contains(['{', '}', '<', '>', '$', '(', ' '])
        && !value.contains("://")
        && mixed(value.as_bytes())
        && entropy(value.as_bytes()) >= 3.6
        && !is_placeholder(value);
    random.then(|| from..from + value.len())
}

/// Letters and digits both.
fn mixed(bytes: &[u8]) -> bool {
    bytes.iter().any(u8::is_ascii_digit) && bytes.iter().any(u8::is_ascii_alphabetic)
}

fn is_placeholder(text: &str) -> bool {
    // What follows a kind's own prefix counts: `sk_live_` is no word of an example.
    let text = text.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| text.contains(word))
}

/// Bits for each byte.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "no token is that long")]
    let total = bytes.len().max(1) as f64;
    let part = |count: &u32| {
        let share = f64::from(*count) / total;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random letters of an alphabet; put together here, so that no scanner takes this file for one that leaks.
    fn random(alphabet: &[u8], length: usize) -> String {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        (0..length)
            .map(|_| char::from(alphabet[usize::try_from(next() % alphabet.len() as u64).unwrap()]))
            .collect()
    }

    fn letters(length: usize) -> String {
        random(b"ABCEFGHJKLMNPQRSUVWXYZbcdeghjkmnpqruvwz23456789", length)
    }

    fn kinds(text: &str) -> Vec<&'static str> {
        search(text.as_bytes(), true).into_iter().map(|found| found.kind).collect()
    }

    #[test]
    fn every_kind_is_found_whole_and_nothing_shorter_or_longer() {
        for token in &TOKENS {
            let length = token.least;
            let body = match token.alphabet {
                Base32 => random(b"ACEGHKLMNPQRSUVWXY234567", length),
                Hex => random(b"cdef23456789", length),
                Letters | Url => letters(length),
            };
            let body = if token.prefix == "SG." { format!("{body}.{}", letters(43)) } else { body };
            let whole = format!("{}{body}", token.prefix);
            for around in [format!("const k = '{whole}';"), format!("k: {whole}\n"), whole.clone()] {
                let found = search(around.as_bytes(), true);
                assert_eq!(found.len(), 1, "{}: {around}: {found:?}", token.kind);
                assert_eq!((found[0].kind, &around[found[0].range.clone()]), (token.kind, whole.as_str()));
            }
            assert_eq!(kinds(&whole[..whole.len() - 2]), Vec::<&str>::new(), "{whole}, cut");
            assert_eq!(kinds(&format!("x{whole}")), Vec::<&str>::new(), "{whole}, inside of a word");
        }
    }

    #[test]
    fn keys_tokens_and_hooks_are_found() {
        let body = letters(64);
        assert_eq!(
            kinds(&format!("-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----")),
            ["a private key"]
        );
        assert_eq!(kinds(&format!("\"-----BEGIN PRIVATE KEY-----\\n{body}\\n-----END")), ["a private key"]);
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let jwt = |header: &str, payload: &str| format!("{}.{}.{}", part(header), part(payload), letters(43));
        assert_eq!(kinds(&jwt("{\"alg\":\"HS256\"}", "{\"sub\":\"u1\"}")), ["a signed token (JWT)"]);
        let hook = format!("https://{HOOK}{}/B{}/{}", letters(9), letters(9), letters(24));
        assert_eq!(kinds(&hook), ["a Slack webhook"]);
        let guess = format!("  client_secret: '{}',", letters(24));
        assert_eq!(kinds(&guess), ["a secret, by its name and its randomness"]);
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        let body = letters(64);
        for text in [
            format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"),
            format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"),
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----".into(),
            "if (pem.startsWith('-----BEGIN PRIVATE KEY-----')) {} // -----END".into(),
            format!("AKIA{}EXAMPLE", "IOSFODNN7"),
            format!("ghp_{}", "x".repeat(36)),
            "const prefixes = ['ghp_', 'gho_', 'xoxb-', 'sk_live_']".into(),
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9.".into(),
            "eyJ0aGlzIjoiaXMganNvbiJ9".into(),
            "password: 'correct horse battery staple'".into(),
            "const password = process.env.PASSWORD_OF_THE_DATABASE_1".into(),
            "const secret = await host.secrets.get('service_token_v2');".into(),
            "password = \"${DATABASE_PASSWORD_2}\"".into(),
            "secret: 'your-secret-goes-here-123'".into(),
            "passwordPlaceholder = 'Enter 12 characters or more'".into(),
            "hf_models_are_downloaded_from_the_hub_and_kept".into(),
        ] {
            assert_eq!(kinds(&text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn a_guess_about_what_is_known_is_none_however_much_is() {
        let token = format!("ghp_{}", letters(36));
        let line = format!("secret = '{token}'\npassword = '{}'\n", letters(24));
        let found = search(line.repeat(15_000).as_bytes(), true);
        assert_eq!(found.len(), 30_000);
        assert!(found.chunks(2).all(|pair| pair[0].is_certain && !pair[1].is_certain));
    }

    #[test]
    fn guesses_are_for_texts_alone() {
        let text = format!("password = '{}'", letters(24));
        assert!(search(text.as_bytes(), false).is_empty());
        assert_eq!(search(text.as_bytes(), true).len(), 1);
    }
}
