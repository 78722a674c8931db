// TextEncoder and TextDecoder (WHATWG Encoding). Of itself it knows UTF-8; `prelude/encodings` adds the others.

import { decodeUtf8, encodeUtf8, unfinished } from 'alga-ext:prelude/utf8';

/** Each with its other labels, how it is decoded, and how many bytes at the end may go on. */
export const encodings = [
  ['utf-8', 'utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8', decodeUtf8, unfinished],
];

const NONE = new Uint8Array(0);

function bytesOf(source) {
  if (source === undefined) return NONE;
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return new Uint8Array(source);
  throw new TypeError('TextDecoder.decode takes an ArrayBuffer or a view of one');
}

class TextEncoder {
  get encoding() { return 'utf-8'; }

  encode(text = '') { return encodeUtf8(String(text)); }

  encodeInto(source, destination) {
    if (!(destination instanceof Uint8Array)) throw new TypeError('TextEncoder.encodeInto fills a Uint8Array');
    let read = 0;
    let written = 0;
    for (const character of String(source)) {
      const bytes = encodeUtf8(character);
      if (written + bytes.length > destination.length) break;
      destination.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }

  get [Symbol.toStringTag]() { return 'TextEncoder'; }
}

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #rest = NONE;
  #started = false;

  constructor(label = 'utf-8', options = {}) {
    const name = label === 'utf-8' ? label : String(label).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '').toLowerCase();
    this.#encoding = encodings.find(([known, labels]) => known === name || labels.split(' ').includes(name));
    if (!this.#encoding) {
      throw new RangeError(`the encoding "${label}" is not there; ${encodings.map(([known]) => known).join(', ')} are`);
    }
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  get encoding() { return this.#encoding[0]; }

  get fatal() { return this.#fatal; }

  get ignoreBOM() { return this.#ignoreBOM; }

  decode(input, options = {}) {
    const [, , decodeAll, openEnd] = this.#encoding;
    let bytes = bytesOf(input);
    const stream = Boolean(options?.stream);
    if (this.#rest.length > 0) {
      const joined = new Uint8Array(this.#rest.length + bytes.length);
      joined.set(this.#rest);
      joined.set(bytes, this.#rest.length);
      bytes = joined;
    }
    const held = stream ? openEnd(bytes) : 0;
    const whole = held > 0 ? bytes.subarray(0, bytes.length - held) : bytes;
    this.#rest = held > 0 ? bytes.slice(bytes.length - held) : NONE;
    let text;
    try {
      text = whole.length > 0 ? decodeAll(whole, this.#fatal) : '';
    } catch (error) {
      this.#rest = NONE;
      this.#started = false;
      throw error;
    }
    if (!this.#started && text.length > 0) {
      this.#started = true;
      if (!this.#ignoreBOM && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    if (!stream) this.#started = false;
    return text;
  }

  get [Symbol.toStringTag]() { return 'TextDecoder'; }
}

for (const [name, value] of [['TextEncoder', TextEncoder], ['TextDecoder', TextDecoder]]) {
  Object.defineProperty(value, 'name', { value: name, configurable: true });
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
