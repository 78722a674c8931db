import { emptyResponse, jsonResponse, type ExecuteResponse, type Handler } from '@alga-psa/extension-runtime';

type Params = Record<string, string>;
type Route = (params: Params, url: URL, body: string) => ExecuteResponse | Promise<ExecuteResponse>;

const routes: [method: string, pattern: RegExp, names: string[], route: Route][] = [];

function on(method: string, path: string, route: Route): void {
  const names: string[] = [];
  const pattern = path.replace(/:(\w+)/g, (_, name: string) => {
    names.push(name);
    return '([^/]+)';
  });
  routes.push([method, new RegExp(`^${pattern}$`), names, route]);
}

on('GET', '/clients/:id', ({ id }) => jsonResponse({ id }));
on('GET', '/clients/:id/tickets/:number', ({ id, number }) => jsonResponse({ id, number: Number(number) }));
on('PUT', '/clients/:id', ({ id }, _url, body) => (body ? jsonResponse({ id, ...JSON.parse(body) }) : emptyResponse()));
on('GET', '/search', (_params, { searchParams }) =>
  jsonResponse({ words: searchParams.get('q')?.split(' ') ?? [], tags: searchParams.get('tag')?.split(',') ?? [] }));

export const handler: Handler = async ({ http }) => {
  const url = new URL(http.url, 'http://extension');
  const body = new TextDecoder().decode(http.body ?? new Uint8Array());
  const allowed = new Set<string>();
  for (const [method, pattern, names, route] of routes) {
    const found = pattern.exec(url.pathname);
    if (!found) continue;
    allowed.add(method);
    if (method !== http.method) continue;
    const params = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]));
    return route(params, url, body);
  }
  if (allowed.size === 0) return jsonResponse({ error: `nothing at ${url.pathname}` }, { status: 404 });
  return { status: 405, headers: [{ name: 'allow', value: [...allowed].join(', ') }], body: null };
};
