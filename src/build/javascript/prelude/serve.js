// The author's handler, made into the component's export.

import { logError } from 'alga:extension/logging';
import { drain, settle, takeUncaught, takeUnhandled } from 'alga-ext:prelude/promise';
import { goLive, tell } from 'alga-ext:prelude/instance';
import { describe } from 'alga-ext:prelude/stack';
import { encodeUtf8 } from 'alga-ext:prelude/utf8';

const say = (error) => describe(error) ?? `a value that is no error: ${String(error)}`;

function bodyOf(body) {
  if (body === null || body === undefined) return null;
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return encodeUtf8(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (Array.isArray(body)) return Uint8Array.from(body);
  throw new TypeError('the body of a response is bytes, a string or null; `JSON.stringify` makes a string of an object');
}

function headersOf(headers) {
  if (headers === null || headers === undefined) return [];
  const pairs = typeof headers[Symbol.iterator] === 'function' ? [...headers] : Object.entries(headers);
  const list = [];
  for (const header of pairs) {
    const [name, value] = Array.isArray(header) ? header : [header?.name, header?.value];
    if (typeof name !== 'string') throw new TypeError('a header of a response is { name, value }');
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) list.push({ name, value: String(one) });
    }
  }
  return list;
}

function responseOf(result) {
  if (typeof result !== 'object' || result === null) {
    throw new TypeError(`handler returned ${result === null ? 'null' : typeof result}; it returns { status, headers, body }`);
  }
  // A `Response`, ours or a package's, gives its body away in its own time.
  const isResponse = typeof result.arrayBuffer === 'function' && result.body !== null;
  const body = isResponse ? settle(result.arrayBuffer()) : result.body;
  const status = result.status ?? 200;
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw new RangeError(`the status of a response is a whole number from 100 to 999, not ${String(status)}`);
  }
  return { status, headers: headersOf(result.headers), body: bodyOf(body) };
}

function report() {
  for (const error of takeUncaught()) logError(`uncaught ${say(error)}`);
  for (const reason of takeUnhandled()) logError(`unhandled rejection: ${say(reason)}`);
}

/** Makes the export, at the end of loading. */
export function serve(handler, host) {
  if (typeof handler !== 'function') throw new TypeError(`\`handler\` is exported, but it is ${typeof handler} and not a function`);
  drain();
  const [failure] = [...takeUncaught(), ...takeUnhandled()];
  if (failure instanceof Error) throw failure;
  if (failure !== undefined) throw new Error(`nothing handles a rejection, whose reason is no error: ${String(failure)}`);
  tell('arity', handler.length);
  return (request) => {
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
