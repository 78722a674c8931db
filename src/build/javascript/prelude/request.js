// Request (WHATWG Fetch, 5.4).

import { Body, contentOf, copy, fill } from 'alga-ext:prelude/body';
import { define } from 'alga-ext:prelude/define';
import { Headers } from 'alga-ext:prelude/headers';

/** Methods whose case does not matter. */
const COMMON = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];
const FORBIDDEN = ['CONNECT', 'TRACE', 'TRACK'];
const REDIRECT = ['follow', 'error', 'manual'];

/** An absolute address of the web, by the source's own URL where it has one. The platform reads it to the letter. */
export function addressOf(given) {
  let text = String(given).trim();
  if (typeof globalThis.URL === 'function') {
    try { text = new globalThis.URL(text).href; } catch { /* Said below. */ }
  }
  const parts = /^(https?):\/\/([^/?#\\]+)(.*)$/is.exec(text);
  if (!parts) {
    const scheme = /^([a-z][a-z\d+.-]*):/i.exec(text);
    const found = scheme && !/^https?$/i.test(scheme[1]) ? `the scheme \`${scheme[1]}:\`` : `\`${text.split(/[?#]/)[0]}\``;
    throw new TypeError(`a request needs an absolute URL with \`https:\` or \`http:\`, not ${found}`);
  }
  const [, scheme, host, rest] = parts;
  if (host.includes('@')) throw new TypeError('a request has no user name or password in its URL; the header `authorization` has them');
  return `${scheme.toLowerCase()}://${host.toLowerCase()}${/^[/\\]/.test(rest) ? '' : '/'}${rest}`;
}

function methodOf(given) {
  const method = String(given);
  const upper = method.toUpperCase();
  if (!/^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/.test(method) || FORBIDDEN.includes(upper)) throw new TypeError(`\`${method}\` is not a method of a request`);
  return COMMON.includes(upper) ? upper : method;
}

export class Request extends Body {
  #method = 'GET';
  #url;
  #headers;
  #redirect = 'follow';
  #signal = null;

  constructor(input, init = {}) {
    super();
    if (arguments.length === 0) throw new TypeError('a Request needs a URL');
    init ??= {};
    const from = input instanceof Request ? input : null;
    this.#url = from ? from.#url : addressOf(input);
    this.#method = init.method !== undefined ? methodOf(init.method) : from?.#method ?? 'GET';
    this.#redirect = init.redirect ?? from?.#redirect ?? 'follow';
    if (!REDIRECT.includes(this.#redirect)) throw new TypeError(`the redirect of a Request is one of ${REDIRECT.join(', ')}, not ${String(this.#redirect)}`);
    this.#signal = init.signal !== undefined ? init.signal : from?.#signal ?? null;
    if (this.#signal !== null && typeof this.#signal?.aborted !== 'boolean') throw new TypeError('the signal of a Request is an AbortSignal');
    this.#headers = new Headers(init.headers ?? from?.#headers);
    const hasBody = init.body !== null && init.body !== undefined;
    const given = hasBody ? contentOf(init.body) : { bytes: from?.body ? contentOf(from.body).bytes : null, type: '' };
    if (given.bytes === null) return;
    if (this.#method === 'GET' || this.#method === 'HEAD') throw new TypeError(`a Request with the method ${this.#method} has no body`);
    fill(this, given.bytes);
    if (given.type && !this.#headers.has('content-type')) this.#headers.append('content-type', given.type);
  }

  get method() { return this.#method; }

  get url() { return this.#url; }

  get headers() { return this.#headers; }

  get redirect() { return this.#redirect; }

  get signal() { return this.#signal; }

  clone() {
    const body = copy(this);
    const [method, headers, redirect, signal] = [this.#method, this.#headers, this.#redirect, this.#signal];
    return new Request(this.#url, { method, headers, redirect, signal, body });
  }

  get [Symbol.toStringTag]() { return 'Request'; }
}

define({ Request });
