// `@alga-psa/extension-runtime`, for projects that have not installed it.

import { decodeUtf8, encodeUtf8 } from 'alga-ext:prelude/utf8';

export { createMockHostBindings } from 'alga-ext:sdk/mock';
export { normalizeUserData } from 'alga-ext:sdk/user';

/** A response with a JSON body; bytes pass as they are. */
export function jsonResponse(body, init = {}) {
  return {
    status: init.status ?? 200,
    headers: init.headers ?? [{ name: 'content-type', value: 'application/json' }],
    body: body instanceof Uint8Array ? body : encodeUtf8(JSON.stringify(body) ?? 'null'),
  };
}

/** A response without a body. */
export function emptyResponse(status = 204) {
  return { status, headers: [], body: null };
}

/** Calls a route of the platform with JSON in both directions; an empty answer is undefined. */
export async function callProxyJson(uiProxy, route, payload) {
  const call = uiProxy.callRoute ?? uiProxy.call;
  if (!call) throw new Error('uiProxy host does not implement callRoute');
  const request = payload === undefined ? undefined : encodeUtf8(JSON.stringify(payload));
  const text = decodeUtf8(await call.call(uiProxy, route, request), false);
  return text.length > 0 ? JSON.parse(text) : undefined;
}
