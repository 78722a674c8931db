// Response (WHATWG Fetch, 5.5).

import { Body, contentOf, copy, fill } from 'alga-ext:prelude/body';
import { define } from 'alga-ext:prelude/define';
import { Headers } from 'alga-ext:prelude/headers';
import { encodeUtf8 } from 'alga-ext:prelude/utf8';

/** Statuses of responses that have no body. */
const BARE = [101, 103, 204, 205, 304];
const REDIRECTS = [301, 302, 303, 307, 308];

/** Makes a response of what came over the network, which may have any status; set where a response is in reach. */
export let received;

export class Response extends Body {
  #status = 200;
  #text = '';
  #headers;
  #type = 'default';
  #url = '';
  #redirected = false;

  constructor(body = null, init = {}) {
    super();
    const { status = 200, statusText = '', headers } = init ?? {};
    this.#status = Math.trunc(Number(status));
    if (!(this.#status >= 200 && this.#status <= 599)) {
      throw new RangeError(`the status of a Response is from 200 to 599, not ${String(status)}`);
    }
    this.#text = String(statusText);
    if (/[^\t\x20-\x7e\x80-\xff]/.test(this.#text)) throw new TypeError('the statusText of a Response is one line of Latin-1');
    this.#headers = new Headers(headers ?? undefined);
    const { bytes, type } = contentOf(body);
    if (bytes === null) return;
    if (BARE.includes(this.#status)) throw new TypeError(`a Response with the status ${this.#status} has no body`);
    fill(this, bytes);
    if (type && !this.#headers.has('content-type')) this.#headers.append('content-type', type);
  }

  static {
    received = ({ status, headers, bytes, url, redirected, type, text }) => {
      const response = new Response();
      response.#status = status;
      response.#headers = headers;
      response.#url = url;
      response.#redirected = redirected;
      response.#type = type;
      response.#text = text;
      fill(response, BARE.includes(status) ? null : bytes);
      return response;
    };
  }

  static json(value, init) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError('the value is nothing that JSON has');
    const response = new Response(encodeUtf8(text), init);
    if (!response.headers.has('content-type')) response.headers.set('content-type', 'application/json');
    return response;
  }

  static error() {
    return received({ status: 0, headers: new Headers(), bytes: null, url: '', redirected: false, type: 'error', text: '' });
  }

  static redirect(url, status = 302) {
    if (!REDIRECTS.includes(status)) throw new RangeError(`a redirect has one of the statuses ${REDIRECTS.join(', ')}, not ${String(status)}`);
    return new Response(null, { status, headers: { location: String(url) } });
  }

  get status() { return this.#status; }

  get ok() { return this.#status >= 200 && this.#status <= 299; }

  get statusText() { return this.#text; }

  get headers() { return this.#headers; }

  get type() { return this.#type; }

  get url() { return this.#url; }

  get redirected() { return this.#redirected; }

  clone() {
    const [status, url, redirected, type, text] = [this.#status, this.#url, this.#redirected, this.#type, this.#text];
    return received({ status, headers: new Headers(this.#headers), bytes: copy(this), url, redirected, type, text });
  }

  get [Symbol.toStringTag]() { return 'Response'; }
}

define({ Response });
