// crypto.subtle.digest (Web Cryptography) with SHA-1 and SHA-2 (FIPS 180-4).

import { crypto } from 'alga-ext:prelude/crypto';

const primes = [];
for (let number = 2; primes.length < 80; number++) {
  if (primes.every((prime) => number % prime !== 0)) primes.push(number);
}

/** The first 64 bits behind the point of the `degree`th root of a prime, as two words. */
function fraction(prime, degree) {
  const power = BigInt(prime) << BigInt(64 * degree);
  let low = 0n;
  for (let bit = 1n << 68n; bit > 0n; bit >>= 1n) if ((low | bit) ** BigInt(degree) <= power) low |= bit;
  return [Number(BigInt.asIntN(32, low >> 32n)), Number(BigInt.asIntN(32, low))];
}

const every = (words, half) => words.filter((_, index) => index % 2 === half);
// Worked out while the source is loaded: the snapshot has them.
const WIDE = primes.flatMap((prime) => fraction(prime, 3));
const NARROW = every(WIDE, 0);
const ROOTS = primes.slice(0, 16).flatMap((prime) => fraction(prime, 2));
const SHA1 = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

/** The message and its padding, as words. */
function pad(bytes, block) {
  const size = Math.ceil((bytes.length + 1 + block / 8) / block) * block;
  const padded = new Uint8Array(size);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(size - 8, Math.floor(bytes.length / 0x20000000));
  view.setUint32(size - 4, bytes.length << 3);
  const words = new Int32Array(size / 4);
  for (let index = 0; index < words.length; index++) words[index] = view.getInt32(index * 4);
  return words;
}

function sha1(bytes) {
  const input = pad(bytes, 64);
  const state = Int32Array.from(SHA1);
  const w = new Int32Array(80);
  for (let start = 0; start < input.length; start += 16) {
    let [a, b, c, d, e] = state;
    for (let t = 0; t < 80; t++) {
      if (t < 16) w[t] = input[start + t];
      else {
        const mixed = w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16];
        w[t] = (mixed << 1) | (mixed >>> 31);
      }
      const chosen = t < 20 ? ((b & c) | (~b & d)) + 0x5a827999
        : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
        : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
        : (b ^ c ^ d) + 0xca62c1d6;
      const next = (((a << 5) | (a >>> 27)) + chosen + e + w[t]) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    add(state, [a, b, c, d, e]);
  }
  return state;
}

function add(state, words) {
  for (let index = 0; index < state.length; index++) state[index] += words[index];
}

function sha256(bytes) {
  const input = pad(bytes, 64);
  const state = Int32Array.from(every(ROOTS.slice(0, 16), 0));
  const w = new Int32Array(64);
  for (let start = 0; start < input.length; start += 16) {
    let [a, b, c, d, e, f, g, h] = state;
    for (let t = 0; t < 64; t++) {
      if (t < 16) w[t] = input[start + t];
      else {
        const x = w[t - 15];
        const y = w[t - 2];
        w[t] = w[t - 16] + w[t - 7]
          + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3))
          + (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10));
      }
      const first = h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7)))
        + ((e & f) ^ (~e & g)) + NARROW[t] + w[t];
      const second = (((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10)))
        + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + second) | 0;
    }
    add(state, [a, b, c, d, e, f, g, h]);
  }
  return state;
}

const carry = (sum) => Math.floor(sum / 0x100000000);

/** SHA-512. A number of 64 bits is two words, the high one first. */
function sha512(bytes, initial) {
  const input = pad(bytes, 128);
  const state = Int32Array.from(initial);
  const w = new Int32Array(160);
  for (let start = 0; start < input.length; start += 32) {
    for (let t = 0; t < 32; t++) w[t] = input[start + t];
    for (let t = 32; t < 160; t += 2) {
      const xh = w[t - 30], xl = w[t - 29], yh = w[t - 4], yl = w[t - 3];
      const low = (w[t - 31] >>> 0) + (w[t - 13] >>> 0)
        + ((((xl >>> 1) | (xh << 31)) ^ ((xl >>> 8) | (xh << 24)) ^ ((xl >>> 7) | (xh << 25))) >>> 0)
        + ((((yl >>> 19) | (yh << 13)) ^ ((yh >>> 29) | (yl << 3)) ^ ((yl >>> 6) | (yh << 26))) >>> 0);
      w[t + 1] = low;
      w[t] = w[t - 32] + w[t - 14] + carry(low)
        + (((xh >>> 1) | (xl << 31)) ^ ((xh >>> 8) | (xl << 24)) ^ (xh >>> 7))
        + (((yh >>> 19) | (yl << 13)) ^ ((yl >>> 29) | (yh << 3)) ^ (yh >>> 6));
    }
    let [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl] = state;
    for (let t = 0; t < 160; t += 2) {
      const firstLow = (hl >>> 0) + (((el & fl) ^ (~el & gl)) >>> 0) + (WIDE[t + 1] >>> 0) + (w[t + 1] >>> 0)
        + ((((el >>> 14) | (eh << 18)) ^ ((el >>> 18) | (eh << 14)) ^ ((eh >>> 9) | (el << 23))) >>> 0);
      const first = (hh + ((eh & fh) ^ (~eh & gh)) + WIDE[t] + w[t] + carry(firstLow)
        + (((eh >>> 14) | (el << 18)) ^ ((eh >>> 18) | (el << 14)) ^ ((el >>> 9) | (eh << 23)))) | 0;
      const secondLow = (((al & bl) ^ (al & cl) ^ (bl & cl)) >>> 0)
        + ((((al >>> 28) | (ah << 4)) ^ ((ah >>> 2) | (al << 30)) ^ ((ah >>> 7) | (al << 25))) >>> 0);
      const second = (((ah & bh) ^ (ah & ch) ^ (bh & ch)) + carry(secondLow)
        + (((ah >>> 28) | (al << 4)) ^ ((al >>> 2) | (ah << 30)) ^ ((al >>> 7) | (ah << 25)))) | 0;
      hh = gh; hl = gl;
      gh = fh; gl = fl;
      fh = eh; fl = el;
      const e = (dl >>> 0) + (firstLow >>> 0);
      eh = (dh + first + carry(e)) | 0; el = e | 0;
      dh = ch; dl = cl;
      ch = bh; cl = bl;
      bh = ah; bl = al;
      const a = (firstLow >>> 0) + (secondLow >>> 0);
      ah = (first + second + carry(a)) | 0; al = a | 0;
    }
    const words = [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl];
    for (let index = 0; index < 16; index += 2) {
      const low = (state[index + 1] >>> 0) + (words[index + 1] >>> 0);
      state[index] += words[index] + carry(low);
      state[index + 1] = low;
    }
  }
  return state;
}

const DIGESTS = {
  'SHA-1': sha1,
  'SHA-256': sha256,
  'SHA-384': (bytes) => sha512(bytes, ROOTS.slice(16)).subarray(0, 12),
  'SHA-512': (bytes) => sha512(bytes, ROOTS.slice(0, 16)),
};

/** The name of a hash that is known here. */
export function nameOf(place, algorithm) {
  const name = String(typeof algorithm === 'object' && algorithm !== null ? algorithm.name : algorithm).toUpperCase();
  if (!Object.hasOwn(DIGESTS, name)) {
    throw new DOMException(`${place} knows ${Object.keys(DIGESTS).join(', ')}, not ${name}`, 'NotSupportedError');
  }
  return name;
}

export function bytesOf(place, source) {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  throw new TypeError(`${place} takes an ArrayBuffer or a view of one; \`TextEncoder\` makes bytes of a string`);
}

/** The hash of some bytes. */
export function hash(name, bytes) {
  const words = DIGESTS[name](bytes);
  const result = new DataView(new ArrayBuffer(words.length * 4));
  for (let index = 0; index < words.length; index++) result.setInt32(index * 4, words[index]);
  return new Uint8Array(result.buffer);
}

const digest = (algorithm, source) =>
  hash(nameOf('crypto.subtle.digest', algorithm), bytesOf('crypto.subtle.digest', source)).buffer;

crypto.subtle = { digest: (...given) => Promise.try(digest, ...given) };
for (const name of ['sign', 'verify', 'encrypt', 'decrypt', 'importKey', 'exportKey', 'generateKey', 'deriveBits', 'deriveKey']) {
  crypto.subtle[name] = () => Promise.reject(new DOMException(
    `crypto.subtle.${name} is not there; of crypto.subtle there is digest, and HMAC with keys that importKey makes`, 'NotSupportedError'));
}
