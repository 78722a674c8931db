import { jsonResponse, type Handler, type HostBindings } from '@alga-psa/extension-runtime';

class Unfinished extends Error {
  constructor(client: string, options: ErrorOptions) {
    super(`nothing came of ${client}`, options);
    this.name = 'Unfinished';
  }
}

/** One client's part; the platform may run a job twice, so it writes what it would write again. */
async function look(storage: HostBindings['storage'], id: string, day: string): Promise<string> {
  if (id.startsWith('bad')) {
    throw new Unfinished(id, { cause: new RangeError('no such client') });
  }
  const value = new TextEncoder().encode(JSON.stringify({ day }));
  await storage.put({ namespace: 'looked', key: id, value });
  return id;
}

export const handler: Handler = async (request, { clients, storage }) => {
  const { day } = JSON.parse(new TextDecoder().decode(request.http.body ?? new Uint8Array())) as { day: string };
  const { items } = await clients.list({ page: 1, pageSize: 100 });
  const results = await Promise.allSettled([...items.map(({ clientId }) => clientId), 'bad-1'].map((id) => look(storage, id, day)));
  const failed = results.filter((result) => result.status === 'rejected');
  for (const { reason } of failed) console.error(reason);
  const stored = await storage.get('looked', items[0]!.clientId);
  return jsonResponse({ done: results.length - failed.length, failed: failed.length, stored: JSON.parse(new TextDecoder().decode(stored!)) });
};
