import { fetch } from 'alga:extension/http';
import { later, orNull } from 'alga-ext:sdk/host/bindings';

export const http = {
  fetch: later((request) => fetch({
    method: request.method ?? 'GET',
    url: String(request.url),
    headers: request.headers ?? [],
    body: orNull(request.body),
  })),
};
