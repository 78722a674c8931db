// Values as text, for `console`.

import { describe, setDisplay } from 'alga-ext:prelude/stack';
import { isPromise, peek } from 'alga-ext:prelude/promise';

const DEPTH = 4;
const ENTRIES = 100;
const LENGTH = 10000;

const isName = (key) => /^[A-Za-z_$][\w$]*$/.test(key);
const escape = (text) => JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
const quote = (text) => (text.includes("'") && !text.includes('"') ? `"${escape(text)}"` : `'${escape(text).replaceAll("'", "\\'")}'`);
const clip = (text) => (text.length > LENGTH ? `${text.slice(0, LENGTH)}… ${text.length - LENGTH} more characters` : text);

/** The objects that hold themselves, numbered. */
let circles = new Map();

/** A value as text; strings stand in quotes below the top. */
export function inspect(value, depth = DEPTH) {
  const outer = circles;
  circles = new Map();
  try { return show(value, depth, []); } catch (error) { return `[cannot be shown: ${error?.message}]`; } finally { circles = outer; }
}

function show(value, depth, above) {
  switch (typeof value) {
    case 'string': return quote(clip(value));
    case 'bigint': return `${value}n`;
    case 'symbol': return value.toString();
    case 'function': return showFunction(value, depth, above);
    case 'number': return Object.is(value, -0) ? '-0' : String(value);
    case 'object': return value === null ? 'null' : showObject(value, depth, above);
    default: return String(value);
  }
}

function showFunction(value, depth, above) {
  const name = value.name || '(anonymous)';
  const base = Object.getPrototypeOf(value)?.name;
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  const text = isClass ? `[class ${name}${base ? ` extends ${base}` : ''}]` : `[Function${value.name ? ': ' : ' '}${name}]`;
  const keys = Object.keys(value);
  if (keys.length === 0 || depth < 0 || above.includes(value)) return text;
  return `${text} ${braces(properties(value, keys, (item) => show(item, depth - 1, [...above, value])))}`;
}

function showObject(value, depth, above) {
  if (above.includes(value)) {
    if (!circles.has(value)) circles.set(value, circles.size + 1);
    return `[Circular *${circles.get(value)}]`;
  }
  const text = showParts(value, depth, [...above, value]);
  return circles.has(value) ? `<ref *${circles.get(value)}> ${text}` : text;
}

function showParts(value, depth, path) {
  const inner = (item) => show(item, depth - 1, path);
  if (value instanceof Error) {
    const extra = Object.keys(value).filter((key) => key !== 'cause' && key !== 'stack');
    const text = describe(value);
    return extra.length > 0 && depth >= 0 ? `${text} ${braces(properties(value, extra, inner))}` : text;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return `[${value.constructor.name}: ${show(value.valueOf(), depth, path)}]`;
  }
  const name = value.constructor?.name;
  if (depth < 0) return Array.isArray(value) ? '[Array]' : `[${name || 'Object'}]`;
  if (Array.isArray(value)) return brackets(items(value, inner));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `${name}(${value.length}) ${brackets(limited(value, value.length, inner))}`;
  }
  if (value instanceof ArrayBuffer) {
    const bytes = limited(new Uint8Array(value), value.byteLength, (byte) => byte.toString(16).padStart(2, '0'));
    return `ArrayBuffer { [Uint8Contents]: <${bytes.join(' ')}>, byteLength: ${value.byteLength} }`;
  }
  if (value instanceof WeakMap || value instanceof WeakSet) return `${name} { <items unknown> }`;
  if (value instanceof Map) {
    return `Map(${value.size}) ${braces(limited(value, value.size, ([key, item]) => `${inner(key)} => ${inner(item)}`))}`;
  }
  if (value instanceof Set) return `Set(${value.size}) ${braces(limited(value, value.size, inner))}`;
  if (isPromise(value)) {
    const { state, value: settled } = peek(value);
    return state === 'pending' ? 'Promise { <pending> }'
      : `Promise { ${state === 'rejected' ? '<rejected> ' : ''}${inner(settled)} }`;
  }
  const web = showWeb(value, inner);
  if (web) return web;
  const tag = value[Symbol.toStringTag];
  const kind = typeof tag === 'string' && tag !== '' && tag !== name ? `[${tag}] ` : '';
  const prefix = Object.getPrototypeOf(value) === null ? `[${tag || 'Object'}: null prototype] `
    : (name && name !== 'Object') || kind ? `${name || 'Object'} ${kind}` : '';
  return prefix + braces(properties(value, Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)), inner));
}

/** What is looked at of the web's objects, whose own parts are hidden. */
const FIELDS = {
  AbortController: ['signal'],
  AbortSignal: ['aborted', 'reason'],
  Blob: ['size', 'type'],
  CryptoKey: ['type', 'extractable', 'algorithm', 'usages'],
  CustomEvent: ['type', 'detail', 'cancelable', 'defaultPrevented'],
  DataView: ['byteLength', 'byteOffset', 'buffer'],
  Event: ['type', 'cancelable', 'defaultPrevented'],
  File: ['size', 'type', 'name', 'lastModified'],
  Request: ['method', 'url', 'headers', 'redirect', 'bodyUsed'],
  Response: ['status', 'statusText', 'headers', 'ok', 'redirected', 'type', 'url', 'bodyUsed'],
  URL: ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'searchParams', 'hash'],
};
/** Those that are lists of names and values, with what stands between the two. */
const LISTS = { FormData: ': ', Headers: ': ', URLSearchParams: ' => ' };

/** One of the web's objects, with what it holds. */
function showWeb(value, inner) {
  const kind = value[Symbol.toStringTag];
  if (typeof kind !== 'string' || typeof globalThis[kind] !== 'function' || !(value instanceof globalThis[kind])) return null;
  const name = value.constructor?.name || kind;
  if (Object.hasOwn(FIELDS, kind)) return `${name} ${braces(FIELDS[kind].map((field) => `${field}: ${inner(value[field])}`))}`;
  if (!Object.hasOwn(LISTS, kind)) return null;
  const sign = LISTS[kind];
  const key = (text) => (sign === ': ' && isName(text) ? text : quote(text));
  const pairs = [...value];
  return `${name} ${braces(limited(pairs, pairs.length, ([one, other]) => `${key(one)}${sign}${inner(other)}`))}`;
}

/** The items of an array, and how many are missing between them. */
function items(value, inner) {
  const shown = [];
  let missing = 0;
  const close = () => {
    if (missing > 0) shown.push(`<${missing} empty item${missing === 1 ? '' : 's'}>`);
    missing = 0;
  };
  let index = 0;
  for (; index < Math.min(value.length, LENGTH) && shown.length < ENTRIES; index++) {
    if (!(index in value)) { missing++; continue; }
    close();
    shown.push(inner(value[index]));
  }
  close();
  if (index < value.length) shown.push(`… ${value.length - index} more`);
  return shown;
}

function properties(value, keys, inner) {
  const shown = keys.slice(0, ENTRIES).map((key) => {
    const name = typeof key === 'symbol' ? `[${key.toString()}]` : isName(key) ? key : quote(key);
    const { get, set, value: item } = Object.getOwnPropertyDescriptor(value, key) ?? {};
    if (get || set) return `${name}: [${[get && 'Getter', set && 'Setter'].filter(Boolean).join('/')}]`;
    return `${name}: ${inner(item)}`;
  });
  if (keys.length > ENTRIES) shown.push(`… ${keys.length - ENTRIES} more`);
  return shown;
}

function limited(values, count, inner) {
  const shown = [];
  for (const value of values) {
    if (shown.length === ENTRIES) break;
    shown.push(inner(value));
  }
  if (count > ENTRIES) shown.push(`… ${count - ENTRIES} more`);
  return shown;
}

function enclose(parts, open, close) {
  if (parts.length === 0) return open + close;
  const line = `${open} ${parts.join(', ')} ${close}`;
  if (line.length <= 72 && !line.includes('\n')) return line;
  return `${open}\n${parts.map((part) => `  ${part.replaceAll('\n', '\n  ')}`).join(',\n')}\n${close}`;
}

const brackets = (parts) => enclose(parts, '[', ']');
const braces = (parts) => enclose(parts, '{', '}');

/** What `console.log` makes of its arguments: `%s %d %i %f %j %o %O %c %%` in the first, the others after it. */
export function format(values) {
  const [first, ...rest] = values;
  if (typeof first !== 'string') return values.map(word).join(' ');
  let taken = 0;
  const text = first.replace(/%([sdifjoOc%])/g, (whole, kind) => {
    if (kind === '%') return '%';
    if (taken >= rest.length) return whole;
    const value = rest[taken++];
    switch (kind) {
      case 's': return typeof value === 'object' && value !== null && !(value instanceof Error) ? inspect(value, 0) : word(value);
      case 'd': return typeof value === 'bigint' ? `${value}n` : typeof value === 'symbol' ? 'NaN' : String(Number(value));
      case 'i': return typeof value === 'bigint' ? `${value}n` : typeof value === 'symbol' ? 'NaN' : String(Number.parseInt(value, 10));
      case 'f': return typeof value === 'symbol' ? 'NaN' : String(Number.parseFloat(value));
      case 'j': return json(value);
      case 'c': return '';
      default: return inspect(value);
    }
  });
  return [text, ...rest.slice(taken).map(word)].join(' ');
}

const word = (value) => (typeof value === 'string' ? value : inspect(value));

function json(value) {
  try { return String(JSON.stringify(value)); } catch { return '[Circular]'; }
}

setDisplay(inspect);
