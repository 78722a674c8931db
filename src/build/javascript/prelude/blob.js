// Blob and File (W3C File API). The bytes lie in memory.

import { CONTENT, readers, textOf } from 'alga-ext:prelude/body';
import { define } from 'alga-ext:prelude/define';
import { encodeUtf8 } from 'alga-ext:prelude/utf8';

function bytesOf(part, endings) {
  if (part instanceof Blob) return inside(part);
  if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  if (part instanceof ArrayBuffer) return new Uint8Array(part);
  const text = String(part);
  return encodeUtf8(endings === 'native' ? text.replace(/\r\n?/g, '\n') : text);
}

const typeOf = (given) => {
  const type = String(given);
  return /[^\x20-\x7e]/.test(type) ? '' : type.toLowerCase();
};

/** The bytes of a Blob as they lie there; set where they are in reach. */
export let inside;

export class Blob {
  #bytes;
  #type;

  static { inside = (blob) => blob.#bytes; }

  constructor(parts = [], options = {}) {
    if (typeof parts?.[Symbol.iterator] !== 'function' || typeof parts === 'string') throw new TypeError('a Blob is made of a list of parts');
    const pieces = Array.from(parts, (part) => bytesOf(part, options?.endings));
    this.#bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      this.#bytes.set(piece, at);
      at += piece.length;
    }
    this.#type = typeOf(options?.type ?? '');
  }

  [CONTENT]() { return { bytes: this.#bytes.slice(), type: this.#type }; }

  get size() { return this.#bytes.length; }

  get type() { return this.#type; }

  slice(start = 0, end = this.size, type = '') {
    return new Blob([this.#bytes.subarray(...range(start, end, this.size))], { type });
  }

  arrayBuffer() { return Promise.try(() => this.#bytes.slice().buffer); }

  bytes() { return Promise.try(() => this.#bytes.slice()); }

  text() { return Promise.try(() => textOf(this.#bytes)); }

  get [Symbol.toStringTag]() { return 'Blob'; }
}

/** Start and end as `slice` has them, the end not before the start. */
function range(start, end, size) {
  const clamp = (at) => (at < 0 ? Math.max(size + at, 0) : Math.min(at, size));
  const from = clamp(Math.trunc(Number(start)) || 0);
  return [from, Math.max(clamp(Math.trunc(Number(end)) || 0), from)];
}

export class File extends Blob {
  #name;
  #modified;

  constructor(parts, name, options = {}) {
    if (arguments.length < 2) throw new TypeError('a File is made of parts and a name');
    super(parts, options);
    this.#name = String(name);
    this.#modified = options?.lastModified === undefined ? Date.now() : Math.trunc(Number(options.lastModified)) || 0;
  }

  get name() { return this.#name; }

  get lastModified() { return this.#modified; }

  get webkitRelativePath() { return ''; }

  get [Symbol.toStringTag]() { return 'File'; }
}

readers.blob = (bytes, type) => new Blob([bytes], { type });
define({ Blob, File });
