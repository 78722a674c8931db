import { jsonResponse, type ExecuteRequest, type Handler } from '@alga-psa/extension-runtime';

/** Minutes a started block is rounded up to. */
const BLOCK_MINUTES = 15;

/** Called once for each request, in a fresh instance: nothing in memory outlives it. */
export const handler: Handler = async (request, host) => {
  const { method, url } = request.http;
  const [path = '/', query = ''] = url.split('?');

  if (method === 'GET' && path === '/hello') {
    const user = await host.user.getUser();
    const greeting = parameter(query, 'greeting') ?? 'Hello';
    await host.logging.info(`greeting ${user.userId}`);
    return jsonResponse({ message: `${greeting}, ${user.userName}!`, company: user.clientName });
  }

  if (method === 'POST' && path === '/time-entries/round') {
    const minutes = minutesOf(request);
    if (minutes === undefined) {
      return jsonResponse({ error: 'send {"minutes": <a number, 0 or more>}' }, { status: 400 });
    }
    const billed = Math.ceil(minutes / BLOCK_MINUTES) * BLOCK_MINUTES;
    return jsonResponse({ minutes, billed, hours: billed / 60 });
  }

  return jsonResponse({ error: `no endpoint ${method} ${path}` }, { status: 404 });
};

/** The value of a query parameter, decoded. */
function parameter(query: string, name: string): string | undefined {
  const value = query.split('&').find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}

/** The `minutes` of a JSON body, or nothing when there are none to round. */
function minutesOf(request: ExecuteRequest): number | undefined {
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(request.http.body ?? new Uint8Array()));
    const minutes = (body as { minutes?: unknown } | null)?.minutes;
    return typeof minutes === 'number' && minutes >= 0 ? minutes : undefined;
  } catch {
    return undefined;
  }
}
