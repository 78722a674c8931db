// crypto.subtle with HMAC (Web Cryptography, 29; RFC 2104): keys made of their bytes, and what they sign and verify.

import { crypto } from 'alga-ext:prelude/crypto';
import { bytesOf, hash, nameOf } from 'alga-ext:prelude/digest';

const MADE = Symbol('made');
/** What is allowed with a key; set where it is in reach. */
let inside;

class CryptoKey {
  #secret;
  #hash;
  #extractable;
  #usages;

  static {
    inside = (key) => {
      if (typeof key !== 'object' || key === null || !(#secret in key)) {
        throw new TypeError('the key is a CryptoKey, which `crypto.subtle.importKey` makes');
      }
      return { secret: key.#secret, name: key.#hash };
    };
  }

  constructor(made, secret, name, extractable, usages) {
    if (made !== MADE) throw new TypeError('a CryptoKey is made by `crypto.subtle.importKey`');
    this.#secret = secret;
    this.#hash = name;
    this.#extractable = extractable;
    this.#usages = usages;
  }

  get type() { return 'secret'; }

  get extractable() { return this.#extractable; }

  get algorithm() { return { name: 'HMAC', hash: { name: this.#hash }, length: this.#secret.length * 8 }; }

  get usages() { return [...this.#usages]; }

  get [Symbol.toStringTag]() { return 'CryptoKey'; }
}

const unsupported = (message) => new DOMException(message, 'NotSupportedError');

function importKey(format, secret, algorithm, extractable, usages) {
  if (format !== 'raw') throw unsupported(`crypto.subtle.importKey takes the bytes of a key, \`raw\`, not \`${String(format)}\``);
  const kind = String(algorithm?.name ?? algorithm).toUpperCase();
  if (kind !== 'HMAC') throw unsupported(`crypto.subtle.importKey makes keys for HMAC, not for ${kind}`);
  if (algorithm.hash === undefined) throw new TypeError('a key for HMAC needs a hash: `{ name: \'HMAC\', hash: \'SHA-256\' }`');
  const name = nameOf('crypto.subtle.importKey', algorithm.hash);
  const wanted = [...new Set(usages)];
  if (wanted.length === 0 || !wanted.every((usage) => usage === 'sign' || usage === 'verify')) {
    throw new DOMException('a key for HMAC is for `sign`, `verify` or both', 'SyntaxError');
  }
  const bytes = bytesOf('crypto.subtle.importKey', secret).slice();
  if (bytes.length === 0) throw new DOMException('a key for HMAC has at least one byte', 'DataError');
  return new CryptoKey(MADE, bytes, name, Boolean(extractable), wanted);
}

/** The code for some bytes, with a key that is for that. */
function code(usage, algorithm, key, given) {
  const kind = String(algorithm?.name ?? algorithm).toUpperCase();
  if (kind !== 'HMAC') throw unsupported(`crypto.subtle.${usage} knows HMAC, not ${kind}`);
  const { secret, name } = inside(key);
  if (!key.usages.includes(usage)) throw new DOMException(`the key is not for \`${usage}\``, 'InvalidAccessError');
  const size = name === 'SHA-384' || name === 'SHA-512' ? 128 : 64;
  const padded = new Uint8Array(size);
  padded.set(secret.length > size ? hash(name, secret) : secret);
  const joined = (mask, bytes) => {
    const all = new Uint8Array(size + bytes.length);
    all.set(padded.map((byte) => byte ^ mask));
    all.set(bytes, size);
    return hash(name, all);
  };
  return joined(0x5c, joined(0x36, bytesOf(`crypto.subtle.${usage}`, given)));
}

function verify(algorithm, key, signature, given) {
  const due = code('verify', algorithm, key, given);
  const sent = bytesOf('crypto.subtle.verify', signature);
  // As long for a wrong one as for the right one.
  let difference = sent.length ^ due.length;
  for (let index = 0; index < due.length; index++) difference |= due[index] ^ sent[index];
  return difference === 0;
}

crypto.subtle.importKey = (...given) => Promise.try(importKey, ...given);
crypto.subtle.sign = (...given) => Promise.try(() => code('sign', ...given).buffer);
crypto.subtle.verify = (...given) => Promise.try(verify, ...given);

Object.defineProperty(globalThis, 'CryptoKey', { value: CryptoKey, writable: true, configurable: true });
