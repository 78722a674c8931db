// The bridge to the Alga page around this frame. Messages are {alga: true, version: '1', type, request_id?, payload};
// this file sends `ready`, `resize` and `apiproxy`, and understands `theme`, `bootstrap` and `apiproxy_response`.

const TIMEOUT_MS = 30_000;
const host = hostOrigin();
const waiting = new Map();

/** A call the handler or the platform answered with a failure. `status` is 0 when there was no answer. */
export class CallError extends Error {
  constructor(status, message) {
    super(message);
    this.name = 'CallError';
    this.status = status;
  }
}

/** Says that the page is up, and keeps its colours and height in step with the page around it. */
export function connect() {
  window.addEventListener('message', receive);
  post('ready', {});
  new ResizeObserver(reportHeight).observe(document.body);
}

/** Calls an endpoint of this extension's own handler; answers the parsed JSON, or null for an empty body. */
export async function call(method, route, body) {
  if (window.parent === window) throw new CallError(0, 'Open this page inside Alga, or with `alga-ext dev`.');
  const payload = { method, route };
  if (body !== undefined) payload.body = encode(JSON.stringify(body));
  const text = decode(await request(payload));
  return text === '' ? null : JSON.parse(text);
}

function request(payload) {
  const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(id);
      reject(new CallError(0, 'The platform did not answer in time.'));
    }, TIMEOUT_MS);
    waiting.set(id, { resolve, reject, timer });
    post('apiproxy', payload, id);
  });
}

function receive({ source, origin, data }) {
  if (source !== window.parent || origin !== host || data?.alga !== true) return;
  if (data.type === 'theme') applyTheme(data.payload);
  if (data.type === 'bootstrap') applyTheme(data.payload?.theme_tokens);
  const call = data.type === 'apiproxy_response' && waiting.get(data.request_id);
  if (!call) return;
  waiting.delete(data.request_id);
  clearTimeout(call.timer);
  const { error, body } = data.payload ?? {};
  if (error === undefined) call.resolve(body ?? '');
  else call.reject(callError(String(error)));
}

/** The bridge reports failures as text: `Proxy error 404: <body>`. */
function callError(text) {
  const [, status, body] = /^Proxy error (\d+): ?([^]*)$/.exec(text) ?? [null, '0', text];
  let message = body.trim() || `The handler answered ${status}.`;
  try {
    const { error } = JSON.parse(body);
    if (typeof error === 'string') message = error;
  } catch {
    // Not JSON: the text itself is the message.
  }
  return new CallError(Number(status), message);
}

function applyTheme(tokens) {
  const root = document.documentElement;
  for (const [name, value] of Object.entries(tokens ?? {})) {
    if (name.startsWith('--alga-')) root.style.setProperty(name, String(value));
  }
  // No message says light or dark; the background's brightness does.
  const [red = 255, green = 255, blue = 255] =
    getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
  const dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
  root.dataset.theme = dark ? 'dark' : 'light';
}

function reportHeight() {
  post('resize', { height: Math.ceil(document.documentElement.getBoundingClientRect().height) });
}

function post(type, payload, id) {
  const message = { alga: true, version: '1', type, payload };
  if (id !== undefined) message.request_id = id;
  if (window.parent !== window) window.parent.postMessage(message, host);
}

/** Whose messages count. The browser knows who frames this page; where it does not tell, the address or referrer does. */
function hostOrigin() {
  const named = new URLSearchParams(location.search).get('parentOrigin');
  for (const candidate of [location.ancestorOrigins?.[0], named, document.referrer]) {
    if (candidate && URL.canParse(candidate)) return new URL(candidate).origin;
  }
  return location.origin;
}

function encode(text) {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
}

function decode(base64) {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
}
