import { jsonResponse, type Handler, type HostBindings } from '@alga-psa/extension-runtime';
import { pageOf, query, type Query } from './query';

/** Lists clients and services, and answers one of each by id. */
export const handler: Handler = async (request, host) => {
  const [path = '/', search = ''] = request.http.url.split('?');
  const [, kind, id] = path.split('/');
  try {
    if (request.http.method === 'GET') {
      if (kind === 'clients') return await (id ? client(id, host) : clients(query(search), host));
      if (kind === 'services') return await (id ? service(id, host) : services(query(search), host));
    }
  } catch (error) {
    return failure((error as { message: string }).message);
  }
  return jsonResponse({ error: `no endpoint ${request.http.method} ${path}` }, { status: 404 });
};

async function clients(asked: Query, host: HostBindings) {
  return jsonResponse(await host.clients.list({ ...pageOf(asked), includeInactive: asked.inactive === 'true' }));
}

async function client(id: string, host: HostBindings) {
  const found = await host.clients.get(id);
  return found ? jsonResponse(found) : jsonResponse({ error: `no client ${id}` }, { status: 404 });
}

async function services(asked: Query, host: HostBindings) {
  return jsonResponse(await host.services.list({ ...pageOf(asked), isActive: true }));
}

async function service(id: string, host: HostBindings) {
  const found = await host.services.get(id);
  return found ? jsonResponse(found) : jsonResponse({ error: `no service ${id}` }, { status: 404 });
}

/** A platform call that fails throws the name of the case. */
function failure(reason: string) {
  switch (reason) {
    case 'not-allowed':
      return jsonResponse({ error: 'the installation does not grant cap:client.read and cap:service.read' }, { status: 403 });
    case 'invalid-input':
      return jsonResponse({ error: 'pages count from 1 and hold 1 to 100 entries; ids are UUIDs' }, { status: 400 });
    default:
      return jsonResponse({ error: reason }, { status: 500 });
  }
}
