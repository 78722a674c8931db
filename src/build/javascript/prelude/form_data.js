// FormData (XMLHttpRequest, 4), written as multipart/form-data and read from it and from urlencoded text (RFC 7578).

import { Blob, File, inside } from 'alga-ext:prelude/blob';
import { CONTENT, readers } from 'alga-ext:prelude/body';
import { define } from 'alga-ext:prelude/define';
import { decodeUtf8 } from 'alga-ext:prelude/utf8';

function entryOf(name, value, filename) {
  name = String(name).toWellFormed();
  if (!(value instanceof Blob)) {
    if (filename !== undefined) throw new TypeError('only a Blob has the name of a file');
    return [name, String(value).toWellFormed()];
  }
  if (value instanceof File && filename === undefined) return [name, value];
  return [name, new File([value], filename ?? 'blob', { type: value.type, lastModified: value.lastModified })];
}

export class FormData {
  #entries = [];

  constructor(form) {
    if (form !== undefined) throw new TypeError('there is no form here that a FormData could be made of');
  }

  append(name, value, filename) { this.#entries.push(entryOf(name, value, filename)); }

  delete(name) { this.#entries = this.#entries.filter(([other]) => other !== String(name)); }

  get(name) { return this.#entries.find(([other]) => other === String(name))?.[1] ?? null; }

  getAll(name) { return this.#entries.filter(([other]) => other === String(name)).map(([, value]) => value); }

  has(name) { return this.#entries.some(([other]) => other === String(name)); }

  set(name, value, filename) {
    const entry = entryOf(name, value, filename);
    const first = this.#entries.findIndex(([other]) => other === entry[0]);
    if (first < 0) this.#entries.push(entry);
    else this.#entries = this.#entries.flatMap((other, index) => (index === first ? [entry] : other[0] === entry[0] ? [] : [other]));
  }

  forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }

  * entries() { for (let index = 0; index < this.#entries.length; index++) yield [...this.#entries[index]]; }

  * keys() { for (const [name] of this) yield name; }

  * values() { for (const [, value] of this) yield value; }

  [CONTENT]() {
    const escape = (name) => name.replace(/\r\n?|\n/g, '%0D%0A').replaceAll('"', '%22');
    const parts = this.#entries.map(([name, value]) => {
      const head = `Content-Disposition: form-data; name="${escape(name)}"`;
      if (typeof value === 'string') return [`${head}\r\n\r\n`, value.replace(/\r\n?|\n/g, '\r\n')];
      return [`${head}; filename="${escape(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`, value];
    });
    // A line that is in none of the parts; no chance is needed to find one.
    const texts = parts.map(([, value]) => (typeof value === 'string' ? value : latin(inside(value))));
    let number = 0;
    let boundary;
    do boundary = `----formdata-${String(number++).padStart(16, '0')}`; while (texts.some((text) => text.includes(boundary)));
    const pieces = parts.flatMap(([head, value]) => [`--${boundary}\r\n${head}`, value, '\r\n']);
    const { bytes } = new Blob([...pieces, `--${boundary}--\r\n`])[CONTENT]();
    return { bytes, type: `multipart/form-data; boundary=${boundary}` };
  }

  get [Symbol.toStringTag]() { return 'FormData'; }
}

Object.defineProperty(FormData.prototype, Symbol.iterator, { value: FormData.prototype.entries, writable: true, configurable: true });

/** Bytes as the characters of the same numbers, and the text that such characters stand for. */
const latin = (bytes) => atob(bytes.toBase64());
const unlatin = (text) => decodeUtf8(Uint8Array.fromBase64(btoa(text)), false);

function readUrlencoded(bytes, form) {
  const decode = (text) => unlatin(text.replaceAll('+', ' ').replace(/%([\da-f]{2})/gi, (_, code) => String.fromCharCode(parseInt(code, 16))));
  for (const pair of latin(bytes).split('&')) {
    if (pair === '') continue;
    const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
    form.append(decode(pair.slice(0, at)), decode(pair.slice(at + 1)));
  }
}

function readMultipart(bytes, boundary, form) {
  const wrong = (what) => new TypeError(`the body is not multipart/form-data: ${what}`);
  const text = latin(bytes);
  const line = `--${boundary}`;
  let at = text.startsWith(line) ? 0 : text.indexOf(`\r\n${line}`) + 2;
  if (at === 1) throw wrong('its boundary is not there');
  for (;;) {
    at += line.length;
    if (text.startsWith('--', at)) return;
    const head = text.indexOf('\r\n\r\n', at);
    const end = head < 0 ? -1 : text.indexOf(`\r\n${line}`, head + 2);
    if (end < 0) throw wrong('a part has no end');
    const lines = unlatin(text.slice(at, head));
    const field = (name) => {
      const value = new RegExp(`^content-disposition:.*;\\s*${name}="([^"]*)"`, 'im').exec(lines)?.[1];
      return value?.replace(/%0D%0A|%22/gi, (code) => (code === '%22' ? '"' : '\r\n'));
    };
    const name = field('name');
    if (name === undefined) throw wrong('a part has no name');
    const value = bytes.subarray(head + 4, Math.max(end, head + 4));
    const filename = field('filename');
    const type = /^content-type:\s*(.+?)\s*$/im.exec(lines)?.[1] ?? 'text/plain';
    form.append(name, filename === undefined ? decodeUtf8(value, false) : new File([value], filename, { type }));
    at = end + 2;
  }
}

readers.form = (bytes, type) => {
  const form = new FormData();
  const boundary = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]*)"|([^\s;]+))/i.exec(type);
  if (boundary) readMultipart(bytes, boundary[1] ?? boundary[2], form);
  else if (/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) readUrlencoded(bytes, form);
  else throw new TypeError(`a body of the type \`${type}\` is no form; it is multipart/form-data or application/x-www-form-urlencoded`);
  return form;
};

define({ FormData });
