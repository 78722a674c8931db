import { jsonResponse, type Handler, type HostBindings } from '@alga-psa/extension-runtime';

interface Incident {
  id: string;
  title: string;
  impact: string;
  since: string;
}

interface Copy {
  fetchedAt: number;
  incidents: Incident[];
}

const SERVICE = 'https://status.example.com/v1/incidents?state=open';
const SECRET = 'status_token';
const PLACE = { namespace: 'cache', key: 'incidents' };
const FRESH_MS = 5 * 60_000;

/** Called once for each request, in a fresh instance: what must last goes to storage. */
export const handler: Handler = async (request, host) => {
  const { method } = request.http;
  const [path = '/'] = request.http.url.split('?');
  const refresh = method === 'POST' && path === '/incidents/refresh';
  if (!refresh && !(method === 'GET' && path === '/incidents')) {
    return jsonResponse({ error: `no endpoint ${method} ${path}` }, { status: 404 });
  }

  const kept = await read(host);
  if (!refresh && kept && Date.now() - kept.fetchedAt < FRESH_MS) return answer(kept, 'cache');
  try {
    const copy = { fetchedAt: Date.now(), incidents: await fetchIncidents(host) };
    await host.storage.put({ ...PLACE, value: new TextEncoder().encode(JSON.stringify(copy)) });
    return answer(copy, 'service');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await host.logging.warn(`the status service could not be read: ${reason}`);
    // An old answer is better than none.
    return kept ? answer(kept, 'stale') : jsonResponse({ error: reason }, { status: 502 });
  }
};

function answer({ fetchedAt, incidents }: Copy, from: 'cache' | 'service' | 'stale') {
  return jsonResponse({ from, fetchedAt: new Date(fetchedAt).toISOString(), incidents });
}

async function fetchIncidents(host: HostBindings): Promise<Incident[]> {
  const token = await secret(host);
  const response = await host.http.fetch({
    method: 'GET',
    url: SERVICE,
    headers: [
      { name: 'authorization', value: `Bearer ${token}` },
      { name: 'accept', value: 'application/json' },
    ],
  });
  if (response.status !== 200) throw new Error(`the status service answered ${response.status}`);
  const body = JSON.parse(new TextDecoder().decode(response.body ?? new Uint8Array())) as { incidents?: Incident[] };
  return body.incidents ?? [];
}

/** A platform call that fails throws the name of the case: `missing` or `denied` here. */
async function secret(host: HostBindings): Promise<string> {
  try {
    return await host.secrets.get(SECRET);
  } catch (error) {
    throw new Error(`the secret ${SECRET} is ${(error as { message: string }).message}`);
  }
}

async function read(host: HostBindings): Promise<Copy | undefined> {
  const value = await host.storage.get(PLACE.namespace, PLACE.key);
  return value ? (JSON.parse(new TextDecoder().decode(value)) as Copy) : undefined;
}
