// What Request and Response share: a body and the ways to read it (WHATWG Fetch, 5.3). A body is there as a whole.

import { decodeUtf8, encodeUtf8 } from 'alga-ext:prelude/utf8';

/** The key of the function with which a Blob or FormData gives its bytes and type. */
export const CONTENT = Symbol('content');
/** What makes a Blob or FormData of a body; theirs to set, as they are there only where the source names them. */
export const readers = {};

const NONE = new Uint8Array(0);

/** The bytes of what is given as a body, and the type that goes with it. */
export function contentOf(body) {
  if (body === null || body === undefined) return { bytes: null, type: '' };
  if (typeof body[CONTENT] === 'function') return body[CONTENT]();
  if (ArrayBuffer.isView(body)) return { bytes: new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice(), type: '' };
  if (body instanceof ArrayBuffer) return { bytes: new Uint8Array(body.slice(0)), type: '' };
  const { URLSearchParams } = globalThis;
  const isForm = typeof URLSearchParams === 'function' && body instanceof URLSearchParams;
  const type = isForm ? 'application/x-www-form-urlencoded;charset=UTF-8' : 'text/plain;charset=UTF-8';
  return { bytes: encodeUtf8(String(body)), type };
}

/** The text of some bytes, without the mark that may stand before it. */
export function textOf(bytes) {
  const text = bytes.length > 0 ? decodeUtf8(bytes, false) : '';
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Sets the bytes of a body, and copies them for a clone; set where they are in reach. */
export let fill;
export let copy;

export class Body {
  #bytes = null;
  #used = false;

  static {
    fill = (body, bytes) => { body.#bytes = bytes; };
    copy = (body) => {
      if (body.#used) throw new TypeError('the body is read already');
      return body.#bytes?.slice() ?? null;
    };
  }

  get body() { return this.#bytes === null ? null : new Stream(() => this.#take()); }

  get bodyUsed() { return this.#used; }

  arrayBuffer() {
    return this.#read((bytes) => (bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer));
  }

  blob() { return this.#read((bytes) => readers.blob(bytes, this.headers.get('content-type') ?? '')); }

  bytes() { return this.#read((bytes) => bytes); }

  formData() { return this.#read((bytes) => readers.form(bytes, this.headers.get('content-type') ?? '')); }

  json() { return this.#read((bytes) => JSON.parse(textOf(bytes))); }

  text() { return this.#read(textOf); }

  #take() {
    if (this.#bytes === null) return NONE;
    if (this.#used) throw new TypeError('the body is read already');
    this.#used = true;
    return this.#bytes;
  }

  #read(convert) { return Promise.try(() => convert(this.#take())); }
}

/** A body as something that is read in chunks: one chunk. */
class Stream {
  #take;

  constructor(take) { this.#take = take; }

  [CONTENT]() { return { bytes: this.#take(), type: '' }; }

  getReader() {
    let done = false;
    const read = () => Promise.try(() => {
      if (done) return { done, value: undefined };
      done = true;
      return { done: false, value: this.#take() };
    });
    return { read, cancel: () => Promise.resolve(), releaseLock() {} };
  }

  [Symbol.asyncIterator]() {
    const { read } = this.getReader();
    return { next: read, return: () => Promise.resolve({ done: true, value: undefined }), [Symbol.asyncIterator]() { return this; } };
  }
}
