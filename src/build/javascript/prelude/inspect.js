// Values as text, for `console`.

import { describe } from 'alga-ext:prelude/stack';
import { isPromise, peek } from 'alga-ext:prelude/promise';

const DEPTH = 4;
const ENTRIES = 100;
const LENGTH = 10000;

const isName = (key) => /^[A-Za-z_$][\w$]*$/.test(key);
const quote = (text) => `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
const clip = (text) => (text.length > LENGTH ? `${text.slice(0, LENGTH)}… ${text.length - LENGTH} more characters` : text);

/** A value as text; strings stand in quotes below the top. */
export function inspect(value, depth = DEPTH) {
  try { return show(value, depth, []); } catch (error) { return `[cannot be shown: ${error?.message}]`; }
}

function show(value, depth, above) {
  switch (typeof value) {
    case 'string': return quote(clip(value));
    case 'bigint': return `${value}n`;
    case 'symbol': return value.toString();
    case 'function': return functionName(value);
    case 'number': return Object.is(value, -0) ? '-0' : String(value);
    case 'object': return value === null ? 'null' : showObject(value, depth, above);
    default: return String(value);
  }
}

function functionName(value) {
  const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'Function';
  return value.name ? `[${kind} ${value.name}]` : `[${kind} (anonymous)]`;
}

function showObject(value, depth, above) {
  if (above.includes(value)) return '[Circular]';
  const path = [...above, value];
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
  if (Array.isArray(value)) return brackets(limited(value, value.length, inner));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `${name}(${value.length}) ${brackets(limited(value, value.length, inner))}`;
  }
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`;
  if (value instanceof Map) {
    return `Map(${value.size}) ${braces(limited(value, value.size, ([key, item]) => `${inner(key)} => ${inner(item)}`))}`;
  }
  if (value instanceof Set) return `Set(${value.size}) ${braces(limited(value, value.size, inner))}`;
  if (isPromise(value)) {
    const { state, value: settled } = peek(value);
    return state === 'pending' ? 'Promise { <pending> }'
      : `Promise { ${state === 'rejected' ? '<rejected> ' : ''}${inner(settled)} }`;
  }
  const prefix = Object.getPrototypeOf(value) === null ? '[Object: null prototype] '
    : name && name !== 'Object' ? `${name} ` : '';
  return prefix + braces(properties(value, Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)), inner));
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
