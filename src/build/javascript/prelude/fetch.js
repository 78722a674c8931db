// `fetch` (WHATWG Fetch, 4) on the platform's way out. A call of it is synchronous: it begins when the code that asked
// for it has given way, and nothing else runs meanwhile; a signal is looked at before and after.

import { fetch as send } from 'alga:extension/http';
import { contentOf } from 'alga-ext:prelude/body';
import { define } from 'alga-ext:prelude/define';
import { Headers } from 'alga-ext:prelude/headers';
import { addTask } from 'alga-ext:prelude/promise';
import { addressOf, Request } from 'alga-ext:prelude/request';
import { received } from 'alga-ext:prelude/response';

const HOPS = 20;
const REDIRECTS = [301, 302, 303, 307, 308];
/** What describes a body, and goes with it. */
const ABOUT_BODY = ['content-encoding', 'content-language', 'content-location', 'content-length', 'content-type'];

const hostOf = (url) => /^https?:\/\/([^/?#\\]+)/.exec(url)?.[1] ?? url;

/** An error with the stack of the code that asked, which is not running any more. */
function failure(message, { stack }, cause) {
  const error = new TypeError(`fetch failed: ${message}`, cause && { cause });
  error.stack = stack;
  return error;
}

/** What the platform says is why there is no response, in words; the error it is made of has the platform's word as its code. */
function refusal(error, method, url, site) {
  if (error instanceof Error) error.code ??= error.payload;
  const host = hostOf(url);
  const why = {
    'not-allowed': `\`${host}\` may not be asked: the extension needs the capability \`cap:http.fetch\`, granted to its installation, and the platform's list of hosts that requests may go to has to have \`${host}\``,
    'invalid-url': 'the platform cannot read the URL or the method',
    transport: `\`${host}\` cannot be reached, does not answer in time, or a header is one that HTTP does not allow`,
    internal: `the answer of \`${host}\` could not be read to its end`,
  }[error?.payload];
  return failure(`${method} to ${why ? `${url.split(/[?#]/)[0]}: ${why}` : host}`, site, error);
}

/** Where a redirect leads; the platform takes the dots out of a path. */
function follow(url, location) {
  if (typeof globalThis.URL === 'function') return new globalThis.URL(location, url).href;
  if (/^[a-z][a-z\d+.-]*:/i.test(location)) return addressOf(location);
  const [, scheme, host, path] = /^(https?:)\/\/([^/?#\\]+)([^?#]*)/.exec(url);
  if (/^[/\\]{2}/.test(location)) return addressOf(scheme + location);
  if (/^[/\\]/.test(location)) return `${scheme}//${host}${location}`;
  return `${scheme}//${host}${/^[?#]/.test(location) ? path : path.slice(0, path.lastIndexOf('/') + 1)}${location}`;
}

async function run(request, site) {
  const { redirect, signal } = request;
  let { method, url } = request;
  let { bytes } = contentOf(request.body);
  const headers = new Headers(request.headers);
  for (let hop = 0; ; hop++) {
    if (signal?.aborted) throw signal.reason;
    url = url.split('#')[0];
    let answer;
    try {
      answer = send({ method, url, headers: Array.from(headers, ([name, value]) => ({ name, value })), body: bytes });
    } catch (error) { throw refusal(error, method, url, site); }
    if (signal) {
      // Timers that became due meanwhile come first: one of them may be what aborts.
      await new Promise(addTask);
      if (signal.aborted) throw signal.reason;
    }
    const kept = new Headers();
    for (const { name, value } of answer.headers) {
      try { kept.append(name, value); } catch { /* What is no header is none here. */ }
    }
    const location = kept.get('location');
    if (!REDIRECTS.includes(answer.status) || location === null || redirect === 'manual') {
      return received({ status: answer.status, headers: kept, bytes: answer.body, url, redirected: hop > 0, type: 'basic', text: '' });
    }
    if (redirect === 'error') throw failure(`${hostOf(url)} redirects, and the request is not to be redirected`, site);
    if (hop === HOPS) throw failure(`${hostOf(url)} redirects more than ${HOPS} times`, site);
    const next = follow(url, location);
    if ((answer.status < 303 && method === 'POST') || (answer.status === 303 && method !== 'HEAD' && method !== 'GET')) {
      method = 'GET';
      bytes = null;
      ABOUT_BODY.forEach((name) => headers.delete(name));
    }
    if (hostOf(next) !== hostOf(url) || next.slice(0, 6) !== url.slice(0, 6)) {
      ['authorization', 'cookie', 'proxy-authorization'].forEach((name) => headers.delete(name));
    }
    url = next;
  }
}

define({
  fetch: function fetch(input, init) {
    return new Promise((resolve) => {
      const request = new Request(input, init);
      const site = new Error();
      resolve(Promise.resolve().then(() => run(request, site)));
    });
  },
});
