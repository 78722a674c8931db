import { emptyResponse, jsonResponse, type ExecuteRequest, type Handler, type HostBindings } from '@alga-psa/extension-runtime';

interface Note {
  id: string;
  text: string;
  author: string;
  at: string;
}

const NAMESPACE = 'notes';
const TEXT_LIMIT = 2000;

/** Called once for each request, in a fresh instance: what must last goes to storage. */
export const handler: Handler = async (request, host) => {
  const { method } = request.http;
  const [path = '/'] = request.http.url.split('?');

  if (path === '/notes' && method === 'GET') return jsonResponse({ notes: await newest(host) });
  if (path === '/notes' && method === 'POST') return add(request, host);
  if (path.startsWith('/notes/') && method === 'DELETE') return remove(path.slice('/notes/'.length), host);
  return jsonResponse({ error: `no endpoint ${method} ${path}` }, { status: 404 });
};

/** Storage answers one page of 25 entries in key order; see `noteId` for why these are the newest. */
async function newest(host: HostBindings): Promise<Note[]> {
  const entries = await host.storage.list(NAMESPACE);
  return entries.map(({ value }) => JSON.parse(new TextDecoder().decode(value)) as Note);
}

async function add(request: ExecuteRequest, host: HostBindings) {
  const text = textOf(request.http.body);
  if (text === undefined) {
    return jsonResponse({ error: `send {"text": <1 to ${TEXT_LIMIT} characters>}` }, { status: 400 });
  }
  const { userName } = await host.user.getUser();
  const now = new Date();
  const note: Note = { id: noteId(now, request.context.requestId), text, author: userName, at: now.toISOString() };
  await host.storage.put({ namespace: NAMESPACE, key: note.id, value: new TextEncoder().encode(JSON.stringify(note)) });
  return jsonResponse(note, { status: 201 });
}

async function remove(id: string, host: HostBindings) {
  if ((await host.storage.get(NAMESPACE, id)) === null) {
    return jsonResponse({ error: `no note ${id}` }, { status: 404 });
  }
  await host.storage.delete(NAMESPACE, id);
  return emptyResponse();
}

/** A key that sorts newest first, because it counts time backwards, and that no other request makes. */
function noteId(now: Date, requestId: string | null | undefined): string {
  const backwards = String(10_000_000_000_000 - now.getTime()).padStart(13, '0');
  return `${backwards}-${(requestId ?? '').slice(0, 8)}`;
}

function textOf(body: Uint8Array | null | undefined): string | undefined {
  try {
    const { text } = JSON.parse(new TextDecoder().decode(body ?? new Uint8Array())) as { text?: unknown };
    const trimmed = typeof text === 'string' ? text.trim() : '';
    return trimmed.length > 0 && trimmed.length <= TEXT_LIMIT ? trimmed : undefined;
  } catch {
    return undefined;
  }
}
