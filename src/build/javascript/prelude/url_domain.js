// Domains in ASCII (UTS 46) as far as it needs no table: lower-casing and Punycode. A name that the standard would map
// to another one is refused instead, so that no request goes to a host the author did not write.

const DAMP = 700;
const MAX = 0x10ffff;

function adapt(delta, count, first) {
  let value = first ? Math.floor(delta / DAMP) : delta >> 1;
  value += Math.floor(value / count);
  let steps = 0;
  for (; value > 455; steps += 36) value = Math.floor(value / 35);
  return steps + Math.floor((36 * value) / (value + 38));
}

// a to z, then 0 to 9.
const digit = (value) => String.fromCharCode(value < 26 ? 97 + value : 22 + value);
const threshold = (step, bias) => Math.min(Math.max(step - bias, 1), 26);

/** A label in Punycode (RFC 3492), without `xn--`. */
function encode(label) {
  const codes = Array.from(label, (character) => character.codePointAt(0));
  let output = label.replace(/[^\0-\x7f]/gu, '');
  const basic = output.length;
  if (basic > 0) output += '-';
  let next = 128, delta = 0, bias = 72, done = basic;
  while (done < codes.length) {
    const least = Math.min(...codes.filter((code) => code >= next));
    delta += (least - next) * (done + 1);
    next = least;
    for (const code of codes) {
      if (code < next) delta++;
      if (code !== next) continue;
      let rest = delta;
      for (let step = 36; ; step += 36) {
        const limit = threshold(step, bias);
        if (rest < limit) break;
        output += digit(limit + ((rest - limit) % (36 - limit)));
        rest = Math.floor((rest - limit) / (36 - limit));
      }
      output += digit(rest);
      bias = adapt(delta, done + 1, done === basic);
      delta = 0;
      done++;
    }
    delta++;
    next++;
  }
  return output;
}

/** What a label in Punycode stands for, or null. */
function decode(text) {
  const split = text.lastIndexOf('-');
  const codes = Array.from(text.slice(0, Math.max(split, 0)), (character) => character.charCodeAt(0));
  let next = 128, at = 0, bias = 72;
  for (let index = split + 1; index < text.length;) {
    const before = at;
    for (let step = 36, weight = 1; ; step += 36) {
      const code = text.charCodeAt(index++);
      const value = code >= 97 && code <= 122 ? code - 97 : code >= 48 && code <= 57 ? code - 22 : NaN;
      at += value * weight;
      if (!(at <= MAX * 1024)) return null;
      const limit = threshold(step, bias);
      if (value < limit) break;
      weight *= 36 - limit;
    }
    bias = adapt(at - before, codes.length + 1, before === 0);
    next += Math.floor(at / (codes.length + 1));
    at %= codes.length + 1;
    if (next > MAX) return null;
    codes.splice(at++, 0, next);
  }
  return String.fromCodePoint(...codes);
}

// Made when first used: as literals, their tables would be a part of every component with a URL.
let refused, rightToLeft, tidy;

/** Whether a label in lower case stands for itself. */
function isValid(label) {
  const letters = '\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}';
  refused ??= new RegExp('^\\p{M}|[\\p{C}\\p{Z}\\p{Default_Ignorable_Code_Point}\\p{Script=Cherokee}\\u2ff0-\\u2fff\\u3002\\ufffd]', 'u');
  rightToLeft ??= new RegExp(`[${letters}]`, 'u');
  // Of the rules for both directions (RFC 5893) what holds without a table: nothing but letters from right to left,
  // marks and digits.
  tidy ??= new RegExp(`^(?=\\p{L})(?:[${letters}\\d\\p{M}]|-(?!$))+$`, 'u');
  return label.normalize('NFKC') === label && !refused.test(label) && (!rightToLeft.test(label) || tidy.test(label))
    && Array.from(label).every(isFolded);
}

/** Whether a character is what its upper case comes back to; three stand for themselves without. */
const isFolded = (character) => 'ßςı'.includes(character)
  || character.toUpperCase().toLowerCase().normalize('NFC') === character;

/** The domain in ASCII; null when it is none, or would have to be mapped. */
export function domainToAscii(domain) {
  const isAscii = /^[\0-\x7f]*$/.test(domain);
  if (isAscii && !/xn--/i.test(domain)) return domain.toLowerCase();
  // One table makes `ss` of it, a newer one `ß`.
  if (domain.includes('ẞ')) return null;
  // Each character by itself: the end of a word has a sigma of its own, and a domain has not.
  const lower = domain.replace(/[\u3002\uff0e\uff61]/g, '.').replace(/./gsu, (character) => character.toLowerCase());
  const labels = [];
  for (const label of lower.split('.')) {
    if (label.startsWith('xn--')) {
      const meant = decode(label.slice(4));
      if (meant === null || /^[\0-\x7f]*$/.test(meant) || meant.toLowerCase() !== meant || !isValid(meant)) return null;
      if (encode(meant) !== label.slice(4)) return null;
      labels.push(label);
    } else if (/^[\0-\x7f]*$/.test(label)) labels.push(label);
    else if (isValid(label)) labels.push(`xn--${encode(label)}`);
    else return null;
  }
  return labels.join('.');
}
