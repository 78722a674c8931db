import { jsonResponse, type ExecuteRequest, type Handler, type HostBindings, type UserData } from '@alga-psa/extension-runtime';
import { catalogue, invoice, names } from './billing';
import { list, read, save, type Order } from './orders';
import { Problem, decision, wish } from './problems';

interface Call {
  user: UserData;
  /** The order that the path names. */
  id: string;
  body: unknown;
  request: ExecuteRequest;
  host: HostBindings;
}

type Endpoint = (call: Call) => Promise<{ status?: number; body: unknown }>;

/** Clients ask for equipment in the portal; the team approves, which drafts the invoice, or declines. */
export const handler: Handler = async (request, host) => {
  const { method, url } = request.http;
  const [path = '/'] = url.split('?');
  const found = endpoint(method, path);
  if (!found) return jsonResponse({ error: `no endpoint ${method} ${path}` }, { status: 404 });
  try {
    const user = await host.user.getUser();
    const { status = 200, body } = await found.run({ user, id: found.id, body: parsed(request), request, host });
    return jsonResponse(body, { status });
  } catch (error) {
    if (error instanceof Problem) return jsonResponse({ error: error.message }, { status: error.status });
    throw error;
  }
};

function endpoint(method: string, path: string): { run: Endpoint; id: string } | undefined {
  if (method === 'GET' && path === '/start') return { run: start, id: '' };
  if (method === 'GET' && path === '/orders') return { run: all, id: '' };
  if (method === 'POST' && path === '/orders') return { run: order, id: '' };
  const [, id, verdict] = /^\/orders\/([\w-]+)\/(approve|decline)$/.exec(path) ?? [];
  if (method !== 'POST' || id === undefined) return undefined;
  return { run: verdict === 'approve' ? approve : decline, id };
}

/** What a page needs first: who looks at it, and what there is to order. */
const start: Endpoint = async ({ user, host }) => ({
  body: { name: user.userName, side: side(user), products: await catalogue(host) },
});

/** The team sees every order and whose it is, a client its own. */
const all: Endpoint = async ({ user, host }) => {
  const orders = await list(host);
  if (side(user) === 'client') return { body: { orders: orders.filter(({ clientId }) => clientId === user.clientId) } };
  const companies = await names(host);
  return { body: { orders: orders.map((order) => ({ ...order, company: companies.get(order.clientId) })) } };
};

const order: Endpoint = async ({ user, body, request, host }) => {
  if (user.clientId === undefined) throw new Problem(403, 'orders come from the client portal');
  const { productId, quantity, note } = wish(body);
  const product = (await catalogue(host)).find(({ id }) => id === productId);
  if (!product) throw new Problem(400, `no product ${productId}`);
  const now = new Date();
  const made: Order = {
    id: orderId(now, request.context.requestId),
    clientId: user.clientId,
    orderedBy: user.userName,
    at: now.toISOString(),
    product,
    quantity,
    note,
    state: 'open',
  };
  await save(made, host);
  return { status: 201, body: made };
};

const approve: Endpoint = async ({ user, id, host }) => {
  const { order, revision } = await open(id, user, host);
  // Taken first: of two who approve at once, one gets a conflict, and none makes a second invoice.
  await save({ ...order, state: 'approved', decidedBy: user.userName }, host, revision);
  const { invoiceNumber, total } = await invoice(order, host).catch(async (error: unknown) => {
    // Without an invoice nothing is decided: it can be approved again.
    await save(order, host);
    throw error;
  });
  const approved: Order = { ...order, state: 'approved', decidedBy: user.userName, invoiceNumber };
  await save(approved, host);
  await host.logging.info(`order ${id} approved as invoice ${invoiceNumber}`);
  return { body: { ...approved, total } };
};

const decline: Endpoint = async ({ user, id, body, host }) => {
  const { reason } = decision(body);
  const { order, revision } = await open(id, user, host);
  const declined: Order = { ...order, state: 'declined', decidedBy: user.userName, reason };
  await save(declined, host, revision);
  return { body: declined };
};

/** An order that waits for the team's decision. */
async function open(id: string, user: UserData, host: HostBindings) {
  if (side(user) !== 'team') throw new Problem(403, 'the team decides');
  const found = await read(id, host);
  if (!found) throw new Problem(404, `no order ${id}`);
  if (found.order.state !== 'open') throw new Problem(409, `the order is ${found.order.state} already`);
  return found;
}

function side(user: UserData): 'team' | 'client' {
  return user.userType === 'internal' ? 'team' : 'client';
}

/** Storage answers in key order, 25 at once: counting time backwards puts the newest first. */
function orderId(now: Date, requestId: string | null | undefined): string {
  const backwards = String(10_000_000_000_000 - now.getTime()).padStart(13, '0');
  return `${backwards}-${(requestId ?? '').replace(/\W/g, '').slice(0, 8)}`;
}

function parsed(request: ExecuteRequest): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(request.http.body ?? new Uint8Array()));
  } catch {
    return undefined;
  }
}
