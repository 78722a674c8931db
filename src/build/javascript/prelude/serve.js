// The author's handler, made into the component's export.

import { logError } from 'alga:extension/logging';
import { drain, hasFailed, isPromise, resolved, settle, siteOf, takeUncaught, takeUnhandled } from 'alga-ext:prelude/promise';
import { goLive, rehearsed, tell } from 'alga-ext:prelude/instance';
import { shown } from 'alga-ext:prelude/shown';
import { describe, plain } from 'alga-ext:prelude/stack';
import { encodeUtf8 } from 'alga-ext:prelude/utf8';

/** An error as one reads it; of any other value what it is, and where it was thrown. */
function say(error) {
  const text = describe(error);
  if (text !== null) return text;
  const site = siteOf(error);
  return site ? `${plain(error)}\n${site}` : plain(error);
}

/** Where the handler is declared: of an answer that does not fit nothing else is known. */
let place = '';

function wrong(message) {
  const error = new TypeError(message);
  error.stack = place && `    at handler (${place})`;
  return error;
}

/** The error that says which field of the response does not fit. */
const misfit = (field, value, wanted) => wrong(`\`${field}\` of the response is ${shown(value)}, and the platform wants ${wanted}`);

function bodyOf(body) {
  if (body === null || body === undefined) return null;
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return encodeUtf8(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (Array.isArray(body) && body.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)) return Uint8Array.from(body);
  const advice = isPromise(body) ? '`await` it' : '`JSON.stringify` makes a string of a value';
  throw misfit('body', body, `option<list<u8>>: a Uint8Array, a string or null; ${advice}`);
}

const HEADERS = 'list<http-header>: [{ name, value }], [[name, value]] or { name: value }';

/** The headers as the platform wants them. */
function headersOf(headers) {
  if (headers === null || headers === undefined) return [];
  if (typeof headers !== 'object') throw misfit('headers', headers, HEADERS);
  const list = [];
  if (Array.isArray(headers)) for (let index = 0; index < headers.length; index++) addHeader(list, headers[index], index);
  else (typeof headers[Symbol.iterator] === 'function' ? [...headers] : Object.entries(headers)).forEach((header, index) => addHeader(list, header, index));
  return list;
}

function addHeader(list, header, index) {
  const isObject = header !== null && typeof header === 'object';
  const isPair = isObject && Array.isArray(header);
  const name = isPair ? header[0] : header?.name;
  const value = isPair ? header[1] : header?.value;
  if (typeof name !== 'string') {
    throw misfit(`headers[${index}]${isObject ? '.name' : ''}`, isObject ? name : header, 'an http-header: { name, value }, both strings');
  }
  if (typeof value === 'string') { list.push({ name, value }); return; }
  for (const one of Array.isArray(value) ? value : [value]) {
    if (one === undefined || one === null) continue;
    if (typeof one === 'object' || typeof one === 'function' || typeof one === 'symbol') throw misfit(`headers[${index}].value`, one, 'a string');
    list.push({ name, value: String(one) });
  }
}

function responseOf(result) {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    throw wrong(`the handler returned ${shown(result)}, and the platform wants the record execute-response: { status, headers, body }`);
  }
  // A `Response`, ours or a package's, gives its body away in its own time.
  const isResponse = typeof result.arrayBuffer === 'function' && result.body !== null;
  const body = isResponse ? settle(result.arrayBuffer()) : result.body;
  const status = result.status ?? 200;
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw misfit('status', status, 'a u16: a whole number from 100 to 999');
  }
  return { status, headers: headersOf(result.headers), body: bodyOf(body) };
}

function report() {
  if (!hasFailed()) return;
  for (const error of takeUncaught()) logError(`uncaught ${say(error)}`);
  for (const reason of takeUnhandled()) logError(`unhandled rejection: ${say(reason)}`);
}

/** The method of the request that the build makes before it takes the snapshot. */
const REHEARSAL = '\0alga-ext\0';

/** What handlers ask the engine for most: each is made when it is first looked at. */
const COMMON = [
  [JSON, ['parse', 'stringify']], [Object, ['keys', 'entries', 'assign', 'fromEntries']], [Number, ['isInteger']], [Array, ['isArray', 'from']],
  [Math, ['ceil', 'floor', 'max', 'min', 'round']], [globalThis, ['decodeURIComponent', 'encodeURIComponent', 'parseInt', 'Map', 'Set', 'Date', 'RegExp']],
  [Array.prototype, ['push', 'map', 'filter', 'find', 'join', 'slice', 'forEach', 'includes', 'some', 'every', 'sort']],
  [String.prototype, ['split', 'slice', 'startsWith', 'endsWith', 'includes', 'indexOf', 'replace', 'replaceAll', 'trim', 'toLowerCase', 'padStart']],
];
const { runGc } = globalThis.__cqjs;

/**
 * A call without the author's handler, before the snapshot: what the engine makes when it is first needed every instance
 * finds made. A collection at the end puts off the next one beyond what a request takes.
 */
function rehearse() {
  let response = { status: 200, headers: [], body: null };
  // A source that changed the engine's own functions goes without.
  try {
    for (const call of rehearsed()) call();
    for (const [holder, names] of COMMON) for (const name of names) holder[name];
    response = responseOf(settle(resolved({ headers: [{ name: 'a', value: 'b' }], body: '{}' })));
  } catch { /* as above */ }
  rehearsed.calls = [];
  runGc();
  return response;
}

/** Makes the export, at the end of loading: of what is exported as `name`, and declared at `declared`. */
export function serve(handler, host, name, declared) {
  place = declared;
  if (typeof handler !== 'function') throw wrong(`\`${name}\` is exported, but it is ${shown(handler)} and not a function`);
  drain();
  const failures = [...takeUncaught(), ...takeUnhandled()];
  if (failures.length > 0) {
    const [failure] = failures;
    if (failure instanceof Error) throw failure;
    throw new Error(`nothing handles a rejection, whose reason is no error: ${say(failure)}`);
  }
  tell('arity', handler.length);
  return (request) => {
    if (request.http.method === REHEARSAL) return rehearse();
    goLive();
    let response;
    try {
      response = responseOf(settle(handler(request, host)));
    } catch (error) {
      report();
      // The last word is what the call ended with.
      logError(`uncaught ${say(error)}`);
      throw error;
    }
    report();
    return response;
  };
}
