import { jsonResponse, type Handler, type HostBindings } from '@alga-psa/extension-runtime';
import { draft } from './draft';

/** Makes a draft invoice of one line, and answers what there is to choose from. */
export const handler: Handler = async (request, host) => {
  const { method, body } = request.http;
  const [path = '/'] = request.http.url.split('?');
  if (method === 'GET' && path === '/choices') return choices(host);
  if (method === 'POST' && path === '/invoices') return invoice(body, host);
  return jsonResponse({ error: `no endpoint ${method} ${path}` }, { status: 404 });
};

/** The first hundred of each: the most a page holds. */
async function choices(host: HostBindings) {
  const clients = await host.clients.list({ pageSize: 100 });
  const services = await host.services.list({ pageSize: 100, isActive: true });
  return jsonResponse({ clients: clients.items, services: services.items });
}

async function invoice(body: Uint8Array | null | undefined, host: HostBindings) {
  const wanted = draft(body);
  if (wanted === undefined) {
    return jsonResponse({ error: 'send {"clientId", "serviceId", "quantity", "description"?, "poNumber"?}' }, { status: 400 });
  }
  const service = await host.services.get(wanted.serviceId);
  if (!service) return jsonResponse({ error: `no service ${wanted.serviceId}` }, { status: 400 });
  const made = await host.invoicing.createManualInvoice({
    clientId: wanted.clientId,
    items: [
      {
        serviceId: service.serviceId,
        quantity: wanted.quantity,
        description: wanted.description ?? service.serviceName,
        rate: service.defaultRate,
      },
    ],
    ...(wanted.poNumber ? { poNumber: wanted.poNumber } : {}),
  });
  if (!made.success) return jsonResponse({ error: made.error, fields: made.fieldErrors }, { status: 400 });
  await host.logging.info(`invoice ${made.invoice.invoiceNumber} made`);
  return jsonResponse(made.invoice, { status: 201 });
}
