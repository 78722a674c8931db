// Calls of the platform: what is given is looked at before, because the engine ends without a word when it does not
// fit; what fails is an error with a `code`.

/* Functions only, which are there before anything runs: the linker calls `platform` at the top of the script. */

import { isLive, rehearsed, tell } from 'alga-ext:prelude/instance';
import { shown } from 'alga-ext:prelude/shown';

/**
 * A function of an interface as the source calls it. `checks` are its parameters with their types, of which the first
 * `required` must be given.
 */
export function platform(place, call, required, checks) {
  // The call ends the evaluation; the build wants to say where it was.
  const begin = () => { if (!isLive()) tell('called', new Error().stack); };
  rehearsed().push(() => call(...checks.map(([, type]) => sample(type))));
  const [first, second] = checks;
  // None and one are what most functions take, and every call counts.
  if (first === undefined) {
    return () => {
      begin();
      try { return call(); } catch (error) { throw named(error, place); }
    };
  }
  if (second === undefined) {
    const [name, type] = first;
    return (...given) => {
      if (given.length < required) refuseCount(given.length, required, place, checks);
      const fitted = fit(given[0], type, name, place);
      begin();
      try { return call(fitted); } catch (error) { throw named(error, place); }
    };
  }
  return (...given) => {
    if (given.length < required) refuseCount(given.length, required, place, checks);
    const fitted = checks.map(([name, type], index) => fit(given[index], type, name, place));
    begin();
    try { return call(...fitted); } catch (error) { throw named(error, place); }
  };
}

/** Something of a type. */
function sample(type) {
  const [kind, inner, more] = typeof type === 'string' ? [type] : type;
  switch (kind) {
    case 'string': return '';
    case 'bool': return false;
    case 'bytes': return new Uint8Array(0);
    case 'option': return sample(inner);
    case 'list': return [sample(inner)];
    case 'enum': return more[0];
    case 'record': return Object.fromEntries(Object.keys(more).map((key) => [key, sample(more[key])]));
    default: return 0;
  }
}

function refuseCount(count, required, place, checks) {
  const names = checks.map(([name]) => name).join(', ');
  throw new TypeError(`\`${place}(${names})\` was called with ${count === 1 ? '1 argument' : `${count} arguments`}, and wants ${required}`);
}

/** The engine's error with the name of the case as its code. */
function named(error, place) {
  if (!(error instanceof Error) || !('payload' in error)) return error;
  const { payload } = error;
  const set = (key, value) => Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: key === 'code' });
  set('name', 'PlatformError');
  set('code', typeof payload === 'string' ? payload : error.message);
  set('call', place);
  return error;
}

/** What is handed to the engine for a value, or an error that says what is wrong with it. */
function fit(value, type, name, place) {
  if (typeof type === 'string') return fitWord(value, type, name, place);
  const [kind, inner, more] = type;
  if (kind === 'option') return value === undefined || value === null ? null : fit(value, inner, name, place);
  if (kind === 'list') {
    if (!Array.isArray(value)) refuse(value, type, name, place);
    return value.map((item, index) => fit(item, inner, `${name}[${index}]`, place));
  }
  if (kind === 'enum') return more.includes(value) ? value : refuse(value, type, name, place);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(value, type, name, place);
  const record = {};
  for (const key of Object.keys(more)) record[key] = fit(value[key], more[key], `${name}.${key}`, place);
  return record;
}

function fitWord(value, type, name, place) {
  switch (type) {
    case 'string': return typeof value === 'string' ? value : refuse(value, type, name, place);
    case 'bool': return typeof value === 'boolean' ? value : refuse(value, type, name, place);
    case 'bytes':
      if (value instanceof Uint8Array) return value;
      if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      if (value instanceof ArrayBuffer) return new Uint8Array(value);
      if (Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)) return Uint8Array.from(value);
      return refuse(value, type, name, place);
    case 'f64': return typeof value === 'number' ? value : refuse(value, type, name, place);
    case 'any': return value;
    default: {
      const number = typeof value === 'bigint' ? Number(value) : value;
      const limit = type === 'u64' ? Number.MAX_SAFE_INTEGER : 2 ** Number(type.slice(1)) - 1;
      return Number.isInteger(number) && number >= 0 && number <= limit ? number : refuse(value, type, name, place);
    }
  }
}

function refuse(value, type, name, place) {
  throw new TypeError(`\`${name}\` of \`${place}\` is ${shown(value)}, and the platform wants ${wanted(type)}${advice(value, type)}`);
}

/** A type, as the WIT calls it and JavaScript writes it. */
function wanted(type) {
  if (typeof type !== 'string') {
    const [kind, inner, more] = type;
    if (kind === 'list') return `a list: an array, each of its items ${wanted(inner)}`;
    if (kind === 'enum') return `${inner}: ${more.map((word) => `'${word}'`).join(' or ')}`;
    return `the record ${inner}: an object with ${Object.keys(more).map((key) => `\`${key}\``).join(', ')}`;
  }
  switch (type) {
    case 'bytes': return 'list<u8>: a Uint8Array';
    case 'string': return 'a string';
    case 'bool': return 'a bool: true or false';
    case 'f64': return 'an f64: a number';
    default: return `a ${type}: a whole number from 0 to ${type === 'u64' ? '2^53 - 1' : 2 ** Number(type.slice(1)) - 1}`;
  }
}

function advice(value, type) {
  if (typeof value === 'object' && value?.constructor?.name === 'Promise') return '; `await` it';
  if (type === 'bytes' && typeof value === 'string') return '; `new TextEncoder().encode(text)` makes one of text';
  if (type === 'bytes' && typeof value === 'object' && value !== null) return '; `new TextEncoder().encode(JSON.stringify(value))` makes one of a value';
  if (type === 'string' && typeof value === 'object' && value !== null) return '; `String(value)` or `JSON.stringify(value)` makes one';
  return '';
}
