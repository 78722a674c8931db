import { emptyResponse, jsonResponse, type ExecuteResponse, type Handler } from '@alga-psa/extension-runtime';
import { delete as remove, get, listEntries, put } from 'alga:extension/storage';
import { cursorAfter } from './cursor';

const NAMESPACE = 'notes';
const PAGE = 25;

/** Notes that two people can edit without losing what the other wrote: every change names the revision it began from. */
export const handler: Handler = (request) => {
  const { method, url, body } = request.http;
  const [path = '/', query = ''] = url.split('?');
  const id = /^\/notes\/([\w-]{1,64})$/.exec(path)?.[1];

  if (method === 'GET' && path === '/notes') return list(/(?:^|&)after=([\w-]+)/.exec(query)?.[1]);
  if (id === undefined) return jsonResponse({ error: `no note at ${path}` }, { status: 404 });
  try {
    if (method === 'GET') return read(id);
    if (method === 'PUT') return write(id, body);
    if (method === 'DELETE') return erase(id);
  } catch (error) {
    return failure(id, (error as { message: string }).message);
  }
  return jsonResponse({ error: `no endpoint ${method} ${path}` }, { status: 404 });
};

/** One page, and the address of the next when there may be one. */
function list(after: string | undefined) {
  const entries = listEntries(NAMESPACE, after === undefined ? undefined : cursorAfter(after));
  const notes = entries.map(({ key, value, revision }) => ({ id: key, revision, text: textOf(value) }));
  const last = entries.length === PAGE ? entries.at(-1) : undefined;
  return jsonResponse({ notes, next: last ? `/notes?after=${last.key}` : null });
}

function read(id: string) {
  const { value, revision } = get(NAMESPACE, id);
  return jsonResponse({ id, revision, text: textOf(value) });
}

/** Without a revision the note is written whatever it holds; with one, only if nobody changed it since. */
function write(id: string, body: Uint8Array | null | undefined): ExecuteResponse {
  const sent = JSON.parse(new TextDecoder().decode(body ?? new Uint8Array())) as { text?: unknown; revision?: unknown };
  if (typeof sent.text !== 'string') return jsonResponse({ error: 'send {"text": …, "revision"?: …}' }, { status: 400 });
  const value = new TextEncoder().encode(JSON.stringify({ text: sent.text }));
  const known = Number.isSafeInteger(sent.revision) ? { revision: sent.revision as number } : {};
  const { revision } = put({ namespace: NAMESPACE, key: id, value, ...known });
  return jsonResponse({ id, revision, text: sent.text });
}

function erase(id: string) {
  get(NAMESPACE, id);
  remove(NAMESPACE, id);
  return emptyResponse();
}

/** A platform call that fails throws the name of the case; `JSON.parse` throws a sentence. */
function failure(id: string, reason: string) {
  switch (reason) {
    case 'missing':
      return jsonResponse({ error: `no note ${id}` }, { status: 404 });
    case 'conflict':
      return jsonResponse({ error: `${id} was changed by somebody else: read it again` }, { status: 409 });
    case 'denied':
      return jsonResponse({ error: 'storage refused: not granted, or full' }, { status: 403 });
    default:
      return jsonResponse({ error: reason }, { status: 400 });
  }
}

function textOf(value: Uint8Array): string {
  return (JSON.parse(new TextDecoder().decode(value)) as { text: string }).text;
}
