// Headers (WHATWG Fetch, 5.2): names in lower case, iterated in their order, values of one name joined by commas.

import { define } from 'alga-ext:prelude/define';

const NAME = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
/** What may stand alone only: commas are part of its dates. */
const COOKIE = 'set-cookie';

function nameOf(given) {
  const name = String(given);
  if (!NAME.test(name)) throw new TypeError(`\`${name}\` is not the name of a header`);
  return name.toLowerCase();
}

function valueOf(name, given) {
  const value = String(given).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  if (/[\0\r\n]|[^\0-\xff]/.test(value)) throw new TypeError(`the header \`${name}\` has a value with a character that no header can have`);
  return value;
}

export class Headers {
  /** Name and value, as they were appended. */
  #lines = [];
  #sorted = null;

  constructor(init) {
    if (init === undefined) return;
    if (typeof init !== 'object' || init === null) throw new TypeError('Headers are made of an object or of pairs');
    if (typeof init[Symbol.iterator] !== 'function') {
      for (const key of Reflect.ownKeys(init)) {
        if (Object.prototype.propertyIsEnumerable.call(init, key)) this.append(key, init[key]);
      }
      return;
    }
    for (const pair of init) {
      const parts = typeof pair?.[Symbol.iterator] === 'function' ? [...pair] : [];
      if (parts.length !== 2) throw new TypeError('a header in a list is a pair, [name, value]');
      this.append(parts[0], parts[1]);
    }
  }

  append(name, value) {
    name = nameOf(name);
    this.#lines.push([name, valueOf(name, value)]);
    this.#sorted = null;
  }

  delete(name) {
    name = nameOf(name);
    this.#lines = this.#lines.filter(([other]) => other !== name);
    this.#sorted = null;
  }

  get(name) {
    const values = this.#values(nameOf(name));
    return values.length > 0 ? values.join(', ') : null;
  }

  getSetCookie() { return this.#values(COOKIE); }

  has(name) { return this.#values(nameOf(name)).length > 0; }

  set(name, value) {
    name = nameOf(name);
    const line = [name, valueOf(name, value)];
    const first = this.#lines.findIndex(([other]) => other === name);
    if (first < 0) this.#lines.push(line);
    else this.#lines = this.#lines.flatMap((other, index) => (index === first ? [line] : other[0] === name ? [] : [other]));
    this.#sorted = null;
  }

  forEach(callback, self) {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }

  // What is changed meanwhile is seen, as the standard has it.
  * entries() { for (let index = 0; index < this.#list().length; index++) yield [...this.#list()[index]]; }

  * keys() { for (const [name] of this) yield name; }

  * values() { for (const [, value] of this) yield value; }

  #values(name) { return this.#lines.filter(([other]) => other === name).map(([, value]) => value); }

  #list() {
    if (this.#sorted) return this.#sorted;
    const names = [...new Set(this.#lines.map(([name]) => name))].sort();
    this.#sorted = names.flatMap((name) => {
      const values = this.#values(name);
      return name === COOKIE ? values.map((value) => [name, value]) : [[name, values.join(', ')]];
    });
    return this.#sorted;
  }

  get [Symbol.toStringTag]() { return 'Headers'; }
}

Object.defineProperty(Headers.prototype, Symbol.iterator, { value: Headers.prototype.entries, writable: true, configurable: true });
define({ Headers });
