// structuredClone (HTML, 2.7). What is serialized there and read back elsewhere is copied here in one go.

const ERRORS = ['EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];
// Objects of the language and the platform that have no copy. Those that are not linked are not there.
const UNIQUE = [
  'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'Promise', 'Symbol', 'URL', 'URLSearchParams', 'TextDecoder',
  'TextEncoder', 'Headers', 'Request', 'Response', 'FormData', 'Event', 'EventTarget', 'AbortController',
];
const kindOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;

const refuse = (what) => { throw new DOMException(`${what} cannot be cloned`, 'DataCloneError'); };
const is = (value, name) => typeof globalThis[name] === 'function' && value instanceof globalThis[name];

function copyBuffer(buffer) {
  if (buffer.detached) refuse('a detached ArrayBuffer');
  if (!buffer.resizable) return buffer.slice(0);
  const copy = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(copy).set(new Uint8Array(buffer));
  return copy;
}

function copyError(value, copy, keep) {
  const constructor = ERRORS.includes(value.name) ? globalThis[value.name] : Error;
  const error = keep(new constructor());
  for (const key of ['message', 'stack', 'cause']) {
    const own = Object.getOwnPropertyDescriptor(value, key);
    if (!own || !('value' in own)) continue;
    const member = key === 'cause' ? copy(own.value) : String(own.value);
    Object.defineProperty(error, key, { value: member, writable: true, enumerable: false, configurable: true });
  }
  return error;
}

function copyMembers(value, target, copy, keep) {
  const result = keep(target);
  for (const key of Object.keys(value)) {
    const member = copy(value[key]);
    if (key !== '__proto__') result[key] = member;
    else Object.defineProperty(result, key, { value: member, writable: true, enumerable: true, configurable: true });
  }
  return result;
}

function copyObject(value, copy, keep) {
  if (Array.isArray(value)) return copyMembers(value, new Array(value.length), copy, keep);
  // Most are, and need not be asked what else they may be.
  if (Object.getPrototypeOf(value) === Object.prototype) return copyMembers(value, {}, copy, keep);
  if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) {
    return keep(Object(value.valueOf()));
  }
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(copyBuffer(value));
  if (ArrayBuffer.isView(value)) {
    const buffer = copy(value.buffer);
    const kind = kindOf.call(value);
    return keep(kind ? new globalThis[kind](buffer, value.byteOffset, value.length)
      : new DataView(buffer, value.byteOffset, value.byteLength));
  }
  if (value instanceof Map) {
    const map = keep(new Map());
    for (const [key, item] of [...value]) map.set(copy(key), copy(item));
    return map;
  }
  if (value instanceof Set) {
    const set = keep(new Set());
    for (const item of [...value]) set.add(copy(item));
    return set;
  }
  if (value instanceof DOMException) return keep(new DOMException(value.message, value.name));
  if (value instanceof Error) return copyError(value, copy, keep);
  // Neither it nor its bytes ever change.
  if (is(value, 'Blob')) return keep(value);
  const unique = UNIQUE.find((name) => is(value, name));
  if (unique) refuse(`a ${unique}`);
  return copyMembers(value, {}, copy, keep);
}

function structuredClone(value, options) {
  if (arguments.length === 0) throw new TypeError('structuredClone takes a value');
  const transfer = [...options?.transfer ?? []];
  for (const [index, buffer] of transfer.entries()) {
    if (!(buffer instanceof ArrayBuffer)) refuse('what is no ArrayBuffer can neither be transferred, and');
    if (buffer.detached || transfer.indexOf(buffer) !== index) refuse('an ArrayBuffer that is transferred twice');
  }
  const seen = new Map();
  const copy = (original) => {
    if (typeof original === 'symbol' || typeof original === 'function') refuse(String(original));
    if (typeof original !== 'object' || original === null) return original;
    if (seen.has(original)) return seen.get(original);
    return copyObject(original, copy, (made) => { seen.set(original, made); return made; });
  };
  const result = copy(value);
  // Only now: a refusal leaves everything as it was.
  for (const buffer of transfer) buffer.transfer();
  return result;
}

Object.defineProperty(globalThis, 'structuredClone', { value: structuredClone, writable: true, configurable: true });
