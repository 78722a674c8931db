// URLSearchParams (WHATWG URL, 6).

import { percentDecode } from 'alga-ext:prelude/url_percent';

const scalar = (value) => String(value).toWellFormed();
const encode = (text) => encodeURIComponent(text).replace(/[!'()~]/g, (character) =>
  `%${character.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+');

function parse(text) {
  const pairs = [];
  for (const part of text.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const decode = (piece) => percentDecode(piece.replaceAll('+', ' '));
    pairs.push(at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))]);
  }
  return pairs;
}

function pairsOf(init) {
  if (typeof init === 'function' || (typeof init === 'object' && init !== null)) {
    const iterator = init[Symbol.iterator];
    if (iterator === undefined || iterator === null) {
      const pairs = new Map();
      for (const key of Reflect.ownKeys(init)) {
        if (Object.getOwnPropertyDescriptor(init, key)?.enumerable) pairs.set(scalar(key), scalar(init[key]));
      }
      return [...pairs];
    }
    return Array.from(init, (pair) => {
      const both = typeof pair === 'object' && pair !== null ? [...pair] : [];
      if (both.length !== 2) throw new TypeError('URLSearchParams takes pairs of a name and a value');
      return both.map(scalar);
    });
  }
  return parse(scalar(init).replace(/^\?/, ''));
}

/** What a URL does with its parameters: follows their changes, and changes them with its query. */
export let bind, refill;

export class URLSearchParams {
  #pairs;
  #changed;

  static {
    bind = (query, changed) => {
      const params = new URLSearchParams();
      params.#changed = changed;
      refill(params, query);
      return params;
    };
    refill = (params, query) => { params.#pairs = parse(query); };
  }

  constructor(init = '') { this.#pairs = pairsOf(init); }

  #update(pairs) {
    this.#pairs = pairs;
    this.#changed?.();
  }

  get size() { return this.#pairs.length; }

  append(name, value) {
    need(arguments, 2, 'append');
    this.#pairs.push([scalar(name), scalar(value)]);
    this.#changed?.();
  }

  delete(name, value) {
    need(arguments, 1, 'delete');
    const is = matching(name, value);
    this.#update(this.#pairs.filter((pair) => !is(pair)));
  }

  get(name) {
    need(arguments, 1, 'get');
    return this.#pairs.find(matching(name))?.[1] ?? null;
  }

  getAll(name) {
    need(arguments, 1, 'getAll');
    return this.#pairs.filter(matching(name)).map((pair) => pair[1]);
  }

  has(name, value) {
    need(arguments, 1, 'has');
    return this.#pairs.some(matching(name, value));
  }

  set(name, value) {
    need(arguments, 2, 'set');
    const is = matching(name);
    const at = this.#pairs.findIndex(is);
    const pair = [scalar(name), scalar(value)];
    this.#update(at < 0 ? [...this.#pairs, pair]
      : this.#pairs.flatMap((old, index) => (index === at ? [pair] : is(old) ? [] : [old])));
  }

  sort() {
    this.#update(this.#pairs.toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
  }

  forEach(visit, self) {
    if (typeof visit !== 'function') throw new TypeError('URLSearchParams.forEach takes a function');
    for (const [name, value] of this) visit.call(self, value, name, this);
  }

  // The pairs are looked at one by one: a loop sees what is changed inside it.
  * entries() { for (let at = 0; at < this.#pairs.length; at++) yield [...this.#pairs[at]]; }

  * keys() { for (const [name] of this.entries()) yield name; }

  * values() { for (const [, value] of this.entries()) yield value; }

  toString() { return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'); }

  get [Symbol.toStringTag]() { return 'URLSearchParams'; }
}

function need(given, count, method) {
  if (given.length < count) throw new TypeError(`URLSearchParams.${method} takes ${count === 1 ? 'a name' : 'a name and a value'}`);
}

function matching(name, value) {
  const wanted = scalar(name);
  if (value === undefined) return (pair) => pair[0] === wanted;
  const also = scalar(value);
  return (pair) => pair[0] === wanted && pair[1] === also;
}

URLSearchParams.prototype[Symbol.iterator] = URLSearchParams.prototype.entries;
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, { enumerable: false });
Object.defineProperty(globalThis, 'URLSearchParams', { value: URLSearchParams, writable: true, configurable: true });
