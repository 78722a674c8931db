//! The globals of the web platform that the prelude supplies, each inside a built component.

use super::testing::{answer, answer_of, build_text, call, imports, refusal};
use std::path::{Path, PathBuf};

/// A file of `shared/data`, which lies beside the clone, or beside the tree it is worked on in.
fn shared_data(name: &str) -> PathBuf {
    let folders = [Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), "/work/shared/data".into()];
    let found = folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("`{name}` is neither in `../shared/data` nor in `/work/shared/data`"))
}

/// Says how many of how many cases come out as the standard's test suite says, which are refused, and what is wrong.
const URL_CASES: &str = r"
    import list from './cases.json';
    const KEYS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];
    const parse = (input, base) => { try { return new URL(input, base ?? undefined); } catch (error) {
        if (error instanceof TypeError && error.code === 'ERR_INVALID_URL') return null; throw error; } };
    export function handler() {
        const cases = list.filter((one) => typeof one === 'object');
        const [refused, wrong] = [[], []];
        for (const one of cases) {
            const url = parse(one.input, one.base);
            if (URL.canParse(one.input, one.base ?? undefined) !== (url !== null)) wrong.push([one.input, 'canParse']);
            else if (url === null) { if (!one.failure) refused.push(one.input); }
            else if (one.failure) wrong.push([one.input, one.base, 'is no URL', url.href]);
            else {
                const key = KEYS.find((key) => one[key] !== undefined && one[key] !== url[key]);
                if (key) wrong.push([one.input, one.base, key, one[key], url[key]]);
                else if (new URL(url.href).href !== url.href) wrong.push([one.input, 'again', url.href]);
                else if (one.searchParams !== undefined && one.searchParams !== String(url.searchParams)) wrong.push([one.input, String(url.searchParams)]);
            }
        }
        return { body: JSON.stringify({ said: `${cases.length - refused.length - wrong.length} of ${cases.length}`, refused, wrong }) };
    }";

#[test]
fn urls_pass_812_of_819_cases_and_refuse_the_seven_that_need_a_mapping_table() {
    let cases = fs_err::read_to_string(shared_data("urltestdata.json")).unwrap();
    let answer = answer_of(&[("src/handler.ts", URL_CASES), ("src/cases.json", &cases)]);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["wrong"], serde_json::json!([]));
    let refused = [
        "http://GOO\u{200b}\u{2060}\u{feff}goo.com",
        "http://Ｇｏ.com",
        "http://０Ｘｃ０．０２５０．０１",
        "file://a\u{ad}b/p",
        "file://a%C2%ADb/p",
        "file://loC𝐀𝐋𝐇𝐨𝐬𝐭/usr/bin",
        "https://a%C2%ADb/",
    ];
    assert_eq!(answer["refused"], serde_json::json!(refused));
    assert_eq!(answer["said"], "812 of 819");
}

#[test]
fn the_parts_of_a_url_can_be_set_as_the_standard_says() {
    let text = r"
        const cases = [
            ['http://a/b', 'protocol', 'https'], ['http://a/b', 'protocol', 'foo'], ['http://a:443/', 'protocol', 'https:x'],
            ['file:///x', 'protocol', 'http'], ['http://a/', 'username', 'me@'], ['file:///x', 'username', 'me'],
            ['http://me@a/', 'password', 'p:w'], ['http://a:8080/', 'host', 'b.c:90/x'], ['http://a:8080/', 'host', 'b:'],
            ['http://a/', 'host', ''], ['sc://a/', 'host', ''], ['sc://me@a/', 'host', ''], ['mailto:x', 'host', 'y'],
            ['file:///x', 'host', 'localhost'], ['file:///x', 'host', 'h:80'], ['http://a/', 'hostname', 'b:80'],
            ['http://a/', 'hostname', '0x7f.1'], ['http://a/', 'hostname', '[::1]'], ['http://a/', 'hostname', 'a b'],
            ['http://a/', 'port', '90x'], ['http://a:90/', 'port', 'x'], ['http://a:90/', 'port', '65536'], ['http://a:90/', 'port', '80'],
            ['http://a:90/', 'port', ''], ['http://a/b', 'pathname', '../c d/./?#'], ['sc:/a', 'pathname', '//b'], ['mailto:x', 'pathname', 'y'],
            ['sc://a/b', 'pathname', ''], ['http://a/', 'search', '?q=\'#'], ['http://a/?x', 'search', ''], ['http://a/?x', 'search', '?'],
            ['http://a/', 'hash', '#<x>'], ['http://a/#x', 'hash', ''], ['http://a/', 'href', ' HTTPS://B '],
        ];
        export function handler() {
            const seen = cases.map(([href, key, value]) => { const url = new URL(href); url[key] = value; return url.href; });
            try { new URL('http://a').href = 'x'; } catch (error) { seen.push(error.message); }
            try { new URL('/x', 'mailto:y'); } catch (error) { seen.push(error.message); }
            return { body: seen.join('\n') };
        }";
    let expected = "https://a/b\nhttp://a/b\nhttps://a/\nfile:///x\nhttp://me%40@a/\nfile:///x\nhttp://me:p%3Aw@a/\nhttp://b.c:90/\n\
        http://b:8080/\nhttp://a/\nsc:///\nsc://me@a/\nmailto:x\nfile:///x\nfile:///x\nhttp://a/\nhttp://127.0.0.1/\nhttp://[::1]/\n\
        http://a/\nhttp://a:90/\nhttp://a:90/\nhttp://a:90/\nhttp://a/\nhttp://a/\nhttp://a/c%20d/%3F%23\nsc:/.//b\nmailto:x\nsc://a\n\
        http://a/?q=%27%23\nhttp://a/\nhttp://a/?\nhttp://a/#%3Cx%3E\nhttp://a/\nhttps://b/\n`x` is not a valid URL\n\
        `/x` is not a valid URL, nor is it one relative to `mailto:y`";
    assert_eq!(answer(text), expected);
}

#[test]
fn hosts_beyond_ascii_are_lower_cased_and_written_in_punycode_or_refused() {
    let text = r"
        const hosts = ['BÜCHER.example', 'faß.de', '例え.テスト', 'пример.рф', 'ΑΣ.gr', 'שלום.com', 'xn--bcher-kva.example', 'a。b', '☃',
            'Ａ.com', 'a\u200db', 'xn--a', 'xn--', 'xn--zca-', '1ب', 'ﬁ.com', '\u0301a', 'Ꭰ', 'xn--Bcher-kva', 'e\u0301', 'STRAẞE', 'ᾀ', 'ᲀ'];
        export const handler = () => ({ body: hosts.map((host) => URL.parse(`https://${host}/`)?.hostname ?? 'none').join(' ') });";
    let expected = "xn--bcher-kva.example xn--fa-hia.de xn--r8jz45g.xn--zckzah xn--e1afmkfd.xn--p1ai xn--mxa0b.gr xn--9dbne9b.com \
        xn--bcher-kva.example a.b xn--n3h none none none none none none none none none xn--bcher-kva none none none none";
    assert_eq!(answer(text), expected);
}

#[test]
fn search_parameters_are_read_written_and_followed_by_their_url() {
    let text = r"
        export function handler() {
            const url = new URL('https://h/p?b=2&a=1&b=3#f');
            const { searchParams: params } = url;
            const seen = [params.get('b'), params.getAll('b'), params.get('z'), params.has('b', '3'), params.size];
            params.append('c d', 'ä&=+'); params.set('b', 'x'); seen.push(url.href); params.sort(); seen.push(url.search);
            params.delete('a', 'no'); params.delete('a'); seen.push([...params.keys()], url.href);
            url.search = '?q=1'; seen.push([...params]); url.href = 'https://h/?r'; seen.push([...params]);
            params.delete('r'); seen.push(url.href, url === new URL(url), JSON.stringify({ url }));
            const make = (init) => String(new URLSearchParams(init));
            seen.push(make('?a=%zz&b=%ff&&=&+c'), make({ a: 1, b: [2, 3] }), make([['x', 'y'], ['x', 'z']]), make(new Map([['k', 'v']])), make(new URLSearchParams('m=n')), make(), make(null), make('~!*()\'-._ é\ud800'));
            try { new URLSearchParams([['a']]); } catch (error) { seen.push(error.name); }
            const grown = []; const live = new URLSearchParams('a=1'); for (const [key] of live) { grown.push(key); if (grown.length < 3) live.append('n', ''); }
            return { body: JSON.stringify([...seen, grown]) };
        }";
    let expected = r#"["2",["2","3"],null,true,3,"https://h/p?b=x&a=1&c+d=%C3%A4%26%3D%2B#f","?a=1&b=x&c+d=%C3%A4%26%3D%2B",["b","c d"],"https://h/p?b=x&c+d=%C3%A4%26%3D%2B#f",[["q","1"]],[["r",""]],"https://h/",false,"{\"url\":\"https://h/\"}","a=%25zz&b=%EF%BF%BD&=&+c=","a=1&b=2%2C3","x=y&x=z","k=v","m=n","","null=","%7E%21*%28%29%27-._+%C3%A9%EF%BF%BD=","TypeError",["a","n","n"]]"#;
    assert_eq!(answer(text), expected);
}

#[test]
fn structured_clones_have_the_same_shape_and_nothing_in_common() {
    let text = r"
        export function handler() {
            const buffer = new ArrayBuffer(8);
            const circle = { list: [1, , 3], date: new Date(5), pattern: /a.b/giu, big: 2n, boxed: Object('s'), zero: -0, [Symbol('left out')]: 1 };
            circle.self = circle;
            class Named { own = 1; get inherited() { return 2; } }
            const original = { circle, map: new Map([[circle, new Set(['x', circle])]]), named: new Named(), views: [new Uint16Array(buffer, 2, 2), new DataView(buffer, 1)], bytes: new Uint8Array([1, 2]) };
            const copy = structuredClone(original);
            const [[key, set]] = copy.map;
            const error = structuredClone(Object.assign(new RangeError('far', { cause: new TypeError('why', { cause: circle }) }), { code: 1 }));
            const seen = [copy !== original, copy.circle.self === copy.circle, key === copy.circle, set.has(key), set.has('x'), 1 in key.list, key.list.length,
                key.date.getTime(), String(key.pattern), String(key.big), typeof key.boxed, Object.is(key.zero, -0), Reflect.ownKeys(key).length,
                Object.getPrototypeOf(copy.named) === Object.prototype, Object.keys(copy.named).join(),
                copy.views[0].buffer === copy.views[1].buffer, copy.views[0].buffer !== buffer, copy.views[0].byteOffset, copy.views[0].length, copy.views[1].byteLength, copy.bytes.join(),
                error instanceof RangeError, error.message, error.cause.name, error.cause.cause.self === error.cause.cause, error.code === undefined, error.stack.includes('handler'),
                structuredClone(new DOMException('m', 'AbortError')).name, structuredClone(null), structuredClone(undefined) === undefined];
            const moved = structuredClone({ buffer }, { transfer: [buffer] });
            seen.push(moved.buffer.byteLength, buffer.detached);
            for (const value of [() => 1, Symbol('s'), { deep: [class {}] }, new WeakMap(), Promise.resolve(1), buffer, new URL('http://a')]) {
                try { structuredClone(value); seen.push('copied'); } catch (error) { seen.push(error instanceof DOMException && error.name); }
            }
            const kept = new ArrayBuffer(1);
            for (const [value, transfer] of [[1, [buffer]], [1, [kept, kept]], [1, [{}]], [() => 1, [kept]]]) {
                try { structuredClone(value, { transfer }); seen.push('copied'); } catch (error) { seen.push(error.name); }
            }
            return { body: JSON.stringify([...seen, kept.detached]) };
        }";
    let clone = "\"DataCloneError\",".repeat(11);
    let expected = format!(
        "[true,true,true,true,true,false,3,5,\"/a.b/giu\",\"2\",\"object\",true,7,true,\"own\",true,true,2,2,7,\"1,2\",true,\"far\",\
         \"TypeError\",true,true,true,\"AbortError\",null,true,8,true,{clone}false]"
    );
    assert_eq!(answer(text), expected);
}

#[test]
fn text_is_decoded_from_the_three_encodings_as_the_standard_says() {
    let text = r"
        const decode = (label, bytes, options) => new TextDecoder(label, options).decode(Uint8Array.from(bytes));
        const name = (run) => { try { return run(); } catch (error) { return error.name; } };
        export function handler() {
            const wide = [0xff, 0xfe, 0x61, 0, 0x3d, 0xd8, 0, 0xde];
            const stream = new TextDecoder('utf-16'); let joined = '';
            for (const byte of wide) joined += stream.decode(Uint8Array.of(byte), { stream: true });
            joined += stream.decode();
            return { body: JSON.stringify([decode('UCS-2', wide), decode('utf-16le', wide, { ignoreBOM: true }).length, joined,
                decode('utf-16le', [0x61, 0, 0x3d, 0xd8]), decode('utf-16le', [0, 0xd8, 0x41]), decode('utf-16le', [0, 0xde, 0x61, 0]),
                name(() => decode('utf-16le', [0, 0xd8], { fatal: true })), name(() => decode('utf-16le', [0x61], { fatal: true })),
                decode('latin1', [0x41, 0x80, 0x9f, 0xe9, 0x81]), decode(' ISO-8859-1\n', [0xfc], { fatal: true }), decode('windows-1252', [0xef, 0xbb, 0xbf]),
                new TextDecoder('ascii').encoding, new TextDecoder('unicode').encoding, new TextDecoder('x-unicode20utf8').encoding,
                name(() => new TextDecoder('utf-16be')), decode('utf-16le', new Uint8Array(20001).fill(0x20)).length]) };
        }";
    let expected = "[\"a😀\",4,\"a😀\",\"a\u{fffd}\",\"\u{fffd}\",\"\u{fffd}a\",\"TypeError\",\"TypeError\",\"A€Ÿé\u{81}\",\"ü\",\"ï»¿\",\
        \"windows-1252\",\"utf-16le\",\"utf-8\",\"RangeError\",10001]";
    assert_eq!(answer(text), expected);
}

#[test]
fn text_of_any_length_is_the_same_bytes_wherever_it_leaves_ascii() {
    let text = r"
        const encoder = new TextEncoder(); const decoder = new TextDecoder();
        const differs = (text, wanted) => {
            const bytes = encoder.encode(text);
            const moved = new Uint8Array(bytes.length + 3);
            moved.set(bytes, 3);
            return bytes.length !== wanted || decoder.decode(bytes) !== text || decoder.decode(moved.subarray(3)) !== text;
        };
        export function handler() {
            const wrong = [];
            for (const length of [0, 1, 3, 4, 5, 31, 32, 33, 499, 500, 501, 519, 532, 1000]) {
                const plain = 'x'.repeat(length);
                if (differs(plain, length)) wrong.push(length);
                for (const [beyond, bytes] of [['\u007f', 1], ['\u0080', 2], ['\u00ff', 2], ['\u2013', 3], ['\u{1f600}', 4]]) {
                    for (const at of [0, length >> 1, length]) {
                        if (differs(plain.slice(0, at) + beyond + plain.slice(at), length + bytes)) wrong.push([length, beyond, at]);
                    }
                }
            }
            wrong.push(encoder.encode('x'.repeat(600) + '\ud800').length);
            return { body: JSON.stringify(wrong) };
        }";
    assert_eq!(answer(text), "[603]");
}

#[test]
fn a_date_that_is_set_to_no_number_is_invalid() {
    let text = r"
        const set = (change) => { const date = new Date(0); change(date); return Number(date); };
        export const handler = () => ({ body: JSON.stringify([set((date) => date.setUTCFullYear(NaN, 0, 1)), set((date) => date.setHours(undefined)),
            set((date) => date.setMonth(1, NaN)), set((date) => date.setFullYear(1e9)), set((date) => date.setUTCMonth(1)), set((date) => { date.setTime(NaN); date.setUTCFullYear(1971); }),
            new Date(0).setUTCHours(1, 2, 3, 4), Date.prototype.setHours.length, Date.prototype.setHours.name]) });";
    assert_eq!(answer(text), r#"[null,null,null,null,2678400000,31536000000,3723004,4,"setHours"]"#);
}

#[test]
fn random_values_come_from_the_platform_and_differ_between_instances() {
    let text = r"
        const name = (run) => { try { return run(); } catch (error) { return `${error instanceof DOMException} ${error.name}`; } };
        export function handler() {
            const words = new Uint32Array(3);
            const same = crypto.getRandomValues(words) === words && words.every((word) => word > 0);
            const part = new Uint8Array(4); crypto.getRandomValues(part.subarray(1, 3));
            return { body: [crypto.randomUUID(), same, part[0] + part[3], part[1] > 0, crypto.getRandomValues(new Uint8Array(65536)).length,
                name(() => crypto.getRandomValues(new Uint8Array(65537))), name(() => crypto.getRandomValues(new Float64Array(1))), name(() => crypto.getRandomValues([1])),
                Object.keys(crypto).join('+')].join() };
        }";
    let built = build_text(text);
    let (first, second) = (call(&built.component), call(&built.component));
    let (uuid, rest) = first.body().split_once(',').unwrap();
    assert_ne!(second.body().split_once(',').unwrap().0, uuid);
    assert_eq!(
        rest,
        "true,0,true,65536,true QuotaExceededError,true TypeMismatchError,true TypeMismatchError,getRandomValues+randomUUID"
    );
    let shape: Vec<_> = uuid.split('-').map(str::len).collect();
    assert_eq!(shape, [8, 4, 4, 4, 12], "{uuid}");
    assert!(uuid[14..].starts_with('4') && uuid[19..].starts_with(['8', '9', 'a', 'b']), "{uuid}");
    assert!(imports(&built.component).iter().any(|name| name.starts_with("wasi:random/")));
}

#[test]
fn randomness_at_the_top_level_is_refused_by_line() {
    let error = refusal(&[(
        "src/handler.ts",
        "type A = 1;\nconst id = crypto.randomUUID();\nexport const handler = () => ({ body: id });",
    )]);
    let expected = "`crypto.randomUUID` is called while the source is loaded: what it draws would be the same for everybody; call it inside `handler`\n    at <anonymous> (src/handler.ts:2:19)";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn digests_are_those_of_the_standard() {
    let text = r"
        const hex = async (name, text) => new Uint8Array(await crypto.subtle.digest(name, new TextEncoder().encode(text))).toHex();
        export async function handler() {
            const long = 'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu';
            const seen = [];
            for (const name of ['SHA-1', { name: 'sha-256' }, 'SHA-384', 'SHA-512']) seen.push(await hex(name, ''), await hex(name, 'abc'), await hex(name, long));
            const failure = async (...given) => { try { return await crypto.subtle.digest(...given); } catch (error) { return error.name; } };
            seen.push(await failure('MD5', new Uint8Array(1)), await failure('SHA-1', 'text'), await crypto.subtle.sign().catch((error) => error.message));
            return { body: seen.join('\n') };
        }";
    let built = build_text(text);
    // FIPS 180-4's own examples.
    let expected = [
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "a9993e364706816aba3e25717850c26c9cd0d89d",
        "a49b2446a02c645bf419f995b67091253a04a259",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
        "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
        "NotSupportedError",
        "TypeError",
        "crypto.subtle.sign is not there; of crypto.subtle there is digest, and HMAC with keys that importKey makes",
    ];
    assert_eq!(call(&built.component).body(), expected.join("\n"));
    assert!(!imports(&built.component).iter().any(|name| name.starts_with("wasi:random/")));
}

#[test]
fn codes_of_hmac_are_signed_and_verified() {
    let text = r"
        const bytes = (text) => new TextEncoder().encode(text);
        const HMAC = (hash) => ({ name: 'HMAC', hash });
        export async function handler() {
            const seen = [];
            // RFC 4231, cases 1, 2 and 6, whose key is longer than a block.
            for (const [secret, text] of [[new Uint8Array(20).fill(0x0b), 'Hi There'], [bytes('Jefe'), 'what do ya want for nothing?'],
                [new Uint8Array(131).fill(0xaa), 'Test Using Larger Than Block-Size Key - Hash Key First']]) {
                for (const hash of ['SHA-256', { name: 'sha-512' }]) {
                    const key = await crypto.subtle.importKey('raw', secret, HMAC(hash), false, ['sign', 'verify']);
                    const code = await crypto.subtle.sign('HMAC', key, bytes(text));
                    seen.push(new Uint8Array(code).toHex().slice(0, 32));
                    const changed = new Uint8Array(code.slice(0)); changed[3] ^= 1;
                    const fits = (code) => crypto.subtle.verify({ name: 'hmac' }, key, code, bytes(text));
                    seen.push([await fits(code), await fits(changed), await fits(code.slice(1)), await fits(new Uint8Array())].join());
                }
            }
            const key = await crypto.subtle.importKey('raw', bytes('k'), HMAC('SHA-1'), true, ['sign']);
            seen.push(Object.prototype.toString.call(key), key.type, JSON.stringify(key.algorithm), key instanceof CryptoKey);
            const failure = (promise) => promise.then(() => 'none', (error) => error.name);
            const make = (...given) => failure(crypto.subtle.importKey(...given));
            seen.push(await failure(crypto.subtle.verify('HMAC', key, bytes('x'), bytes('y'))), await failure(crypto.subtle.sign('HMAC', {}, bytes('y'))),
                await make('jwk', {}, HMAC('SHA-256'), false, ['sign']), await make('raw', bytes('k'), { name: 'AES-GCM' }, false, ['sign']),
                await make('raw', bytes('k'), HMAC('SHA-256'), false, []), await make('raw', new Uint8Array(), HMAC('SHA-256'), false, ['sign']));
            return { body: seen.join('\n') };
        }";
    let fits = "true,false,false,false";
    let expected = [
        "b0344c61d8db38535ca8afceaf0bf12b",
        fits,
        "87aa7cdea5ef619d4ff0b4241a1d6cb0",
        fits,
        "5bdcc146bf60754e6a042426089575c7",
        fits,
        "164b7a7bfcf819e2e395fbe73b56e0a3",
        fits,
        "60e431591ee0b67f0d8a26aacbf5b77f",
        fits,
        "80b24263c7c1a3ebb71493c1dd7be8b4",
        fits,
        "[object CryptoKey]",
        "secret",
        r#"{"name":"HMAC","hash":{"name":"SHA-1"},"length":8}"#,
        "true",
        "InvalidAccessError",
        "TypeError",
        "NotSupportedError",
        "NotSupportedError",
        "SyntaxError",
        "DataError",
    ];
    assert_eq!(answer(text), expected.join("\n"));
}

/// What each module says somewhere.
const MARKS: [(&str, &str); 8] = [
    ("url", "is not a valid URL"),
    ("search_params", "URLSearchParams takes pairs"),
    ("clone", "a detached ArrayBuffer"),
    ("random_values", "crypto.getRandomValues fills"),
    ("digest", "of crypto.subtle there is digest"),
    ("hmac", "a key for HMAC needs a hash"),
    ("encoding", "TextDecoder.decode takes"),
    ("encodings", "the bytes are not UTF-16"),
];

#[test]
fn a_global_is_in_a_component_only_when_its_source_uses_it() {
    let cases: [(&str, &[&str]); 10] = [
        ("/* URL crypto */ 'baseURL, URL, structuredClone and crypto.subtle'", &[]),
        ("new URL('http://a/').href", &["url", "search_params"]),
        ("new URLSearchParams('a=b')", &["search_params"]),
        ("structuredClone(1)", &["clone"]),
        ("crypto.randomUUID()", &["random_values"]),
        ("typeof crypto.subtle.digest", &["digest"]),
        ("typeof crypto.subtle.importKey", &["digest", "hmac"]),
        ("new TextDecoder().encoding", &["encoding"]),
        ("new TextDecoder('utf-8', { fatal: true }).encoding", &["encoding"]),
        ("new TextDecoder('latin1').encoding", &["encoding", "encodings"]),
    ];
    for (expression, modules) in cases {
        let text = format!("export const handler = () => ({{ body: String({expression}) }});");
        let component = build_text(&text).component;
        let holds = |words: &str| component.windows(words.len()).any(|part| part == words.as_bytes());
        let found: Vec<_> = MARKS.iter().filter(|(_, words)| holds(words)).map(|(name, _)| *name).collect();
        assert_eq!(found, modules, "{expression}");
    }
}

#[test]
fn a_global_is_found_under_the_names_packages_give_it() {
    let files = [
        ("node_modules/noble/package.json", r#"{ "type": "module", "exports": "./index.js" }"#),
        (
            "node_modules/noble/crypto.js",
            "export const own = typeof globalThis === 'object' && 'crypto' in globalThis ? globalThis.crypto : undefined;",
        ),
        (
            "node_modules/noble/index.js",
            "import { own } from './crypto.js'; export const draw = (count) => own.getRandomValues(new Uint8Array(count));",
        ),
        (
            "src/handler.ts",
            "import { draw } from 'noble'; const { URL: Address } = globalThis;
            export const handler = () => ({ body: [draw(2).length, new Address('http://A').host].join() });",
        ),
    ];
    assert_eq!(answer_of(&files), "2,a");
}
