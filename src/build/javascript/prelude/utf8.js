// UTF-8 in both directions, as far as possible by functions of the engine, which are a hundred times faster than ours.

const REPLACEMENT = '\uFFFD';

/** The bits that no byte of ASCII has, in four of them. */
const BEYOND = 0x80808080 | 0;

/** Whether all bytes are ASCII, and so their own characters; looked at in words of four, where they begin with one. */
function isAscii(bytes) {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset & 3) return false;
  const count = length >> 2;
  const words = new Int32Array(buffer, byteOffset, count);
  const whole = count & ~7;
  let index = 0;
  for (; index < whole; index += 8) {
    const four = words[index] | words[index + 1] | words[index + 2] | words[index + 3];
    if ((four | words[index + 4] | words[index + 5] | words[index + 6] | words[index + 7]) & BEYOND) return false;
  }
  let bits = 0;
  for (; index < count; index++) bits |= words[index];
  for (index = count << 2; index < length; index++) bits |= bytes[index];
  return (bits & BEYOND) === 0;
}

/** From this length on it pays to look whether a string is ASCII; one that is not costs as much as this. */
const LONG = 500;

/** The bytes of a string that is ASCII, else undefined. */
function encodeAscii(text) {
  try {
    const bytes = Uint8Array.fromBase64(btoa(text));
    return isAscii(bytes) ? bytes : undefined;
  } catch { return undefined; }
}

/** The bytes of a string; what is no character becomes U+FFFD. */
export function encodeUtf8(text) {
  const plain = text.length < LONG ? undefined : encodeAscii(text);
  if (plain !== undefined) return plain;
  // A string whose characters are the bytes, then the bytes by way of base64: both in the engine.
  const binary = unescape(encodeURIComponent(text.toWellFormed()));
  return Uint8Array.fromBase64(btoa(binary));
}

/** The string of some bytes. What is not UTF-8 throws when `fatal`, else becomes U+FFFD (WHATWG Encoding, 8.1.1). */
export function decodeUtf8(bytes, fatal) {
  const binary = atob(bytes.toBase64());
  if (isAscii(bytes)) return binary;
  try {
    return decodeURIComponent(escape(binary));
  } catch {
    if (fatal) throw new TypeError('the bytes are not UTF-8');
    return decodeSlowly(bytes);
  }
}

/** How many bytes at the end are the beginning of a character that could go on. */
export function unfinished(bytes) {
  const length = bytes.length;
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const needed = lengthOf(byte);
    if (needed <= back) return 0;
    // The second byte has narrower bounds after some first bytes.
    if (back > 1 && !isSecond(byte, bytes[length - back + 1])) return 0;
    return back;
  }
  return 0;
}

function lengthOf(first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

function isSecond(first, second) {
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

function decodeSlowly(bytes) {
  let text = '';
  let index = 0;
  while (index < bytes.length) {
    const first = bytes[index++];
    const needed = lengthOf(first);
    if (needed === 1) { text += String.fromCharCode(first); continue; }
    if (needed === 0) { text += REPLACEMENT; continue; }
    let code = first & (0xff >> (needed + 1));
    let seen = 1;
    while (seen < needed) {
      const byte = bytes[index];
      const fits = seen === 1 ? isSecond(first, byte) : byte >= 0x80 && byte <= 0xbf;
      if (!fits) break;
      code = (code << 6) | (byte & 0x3f);
      index++;
      seen++;
    }
    text += seen === needed ? String.fromCodePoint(code) : REPLACEMENT;
  }
  return text;
}
