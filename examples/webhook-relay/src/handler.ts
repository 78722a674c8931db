import { callProxyJson, jsonResponse, type Handler, type HostBindings } from '@alga-psa/extension-runtime';

interface Ticket {
  ticket_number: string;
  title: string;
  priority_name?: string;
  client_name?: string;
}

const WEBHOOK = 'https://hooks.example.com/services/tickets';
const NAMESPACE = 'deliveries';

/** Reads a ticket from the platform, sends it to a chat system's webhook, and keeps what became of it. */
export const handler: Handler = async (request, host) => {
  const { method } = request.http;
  const [path = '/'] = request.http.url.split('?');
  if (method === 'GET' && path === '/deliveries') return jsonResponse({ deliveries: await deliveries(host) });
  const number = /^\/relay\/(\d{1,12})$/.exec(path)?.[1];
  if (method !== 'POST' || number === undefined) {
    return jsonResponse({ error: `no endpoint ${method} ${path}` }, { status: 404 });
  }
  try {
    const delivery = await relay(number, host);
    return jsonResponse(delivery, { status: delivery.status < 300 ? 201 : 502 });
  } catch (error) {
    return failure(number, (error as { message: string }).message);
  }
};

async function relay(number: string, host: HostBindings) {
  const { data: ticket } = await callProxyJson<{ data: Ticket }>(host.uiProxy, `/api/v1/tickets/${number}`);
  const token = await host.secrets.get('webhook_token');
  const { status } = await host.http.fetch({
    method: 'POST',
    url: WEBHOOK,
    headers: [
      { name: 'content-type', value: 'application/json' },
      { name: 'authorization', value: `Bearer ${token}` },
    ],
    body: new TextEncoder().encode(JSON.stringify({ text: summary(ticket) })),
  });
  const now = new Date();
  const delivery = { ticket: ticket.ticket_number, title: ticket.title, status, at: now.toISOString() };
  // Counting time backwards puts the newest on the one page of 25 that a list answers.
  const key = `${String(10_000_000_000_000 - now.getTime()).padStart(13, '0')}-${number}`;
  await host.storage.put({ namespace: NAMESPACE, key, value: new TextEncoder().encode(JSON.stringify(delivery)) });
  return delivery;
}

function summary({ ticket_number, title, priority_name, client_name }: Ticket): string {
  const about = [client_name, priority_name && `${priority_name} priority`].filter(Boolean).join(', ');
  return `Ticket ${ticket_number}: ${title}${about && ` (${about})`}`;
}

async function deliveries(host: HostBindings): Promise<unknown[]> {
  const entries = await host.storage.list(NAMESPACE);
  return entries.map(({ value }) => JSON.parse(new TextDecoder().decode(value)));
}

/** A platform call that fails throws the name of the case. */
function failure(number: string, reason: string) {
  switch (reason) {
    case 'route-not-found':
      return jsonResponse({ error: `no ticket ${number}` }, { status: 404 });
    case 'missing':
      return jsonResponse({ error: 'the installation has no secret webhook_token' }, { status: 503 });
    case 'denied':
    case 'not-allowed':
      return jsonResponse({ error: 'the platform refused: a capability or an allowed host is missing' }, { status: 403 });
    default:
      return jsonResponse({ error: `ticket ${number} was not relayed: ${reason}` }, { status: 502 });
  }
}
