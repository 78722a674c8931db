import { jsonResponse, type Handler } from '@alga-psa/extension-runtime';
import { Client, ServiceError } from './client.js';

interface Ticket {
  id: number;
  title: string;
}

export const handler: Handler = async ({ http }, { secrets }) => {
  const url = new URL(http.url, 'http://extension');
  const client = new Client({ base: 'https://api.example/v1/', token: await secrets.get('token'), timeout: 100 });
  try {
    switch (`${http.method} ${url.pathname}`) {
      case 'GET /tickets': {
        const tickets = await client.get<Ticket[]>('tickets', { state: url.searchParams.get('state') ?? 'open' });
        return jsonResponse({ titles: tickets.map(({ title }) => title), sent: client.sent });
      }
      case 'POST /tickets': {
        const { title } = JSON.parse(new TextDecoder().decode(http.body ?? new Uint8Array())) as Partial<Ticket>;
        return jsonResponse(await client.post<Ticket>('tickets', { title }), { status: 201 });
      }
      case 'GET /patience': {
        // All tries together may take less than the service wants to be waited for.
        await client.get('busy', {}, AbortSignal.timeout(30));
        return jsonResponse({});
      }
      case 'GET /elsewhere':
        return jsonResponse(await client.get('https://elsewhere.example/'));
      default:
        return jsonResponse(await client.get(url.pathname.slice(1)));
    }
  } catch (error) {
    if (error instanceof ServiceError) {
      const { message, problem, tries } = error;
      return jsonResponse({ error: message, problem, tries }, { status: error.status === 404 ? 404 : 502 });
    }
    const { name, message } = error as Error;
    return jsonResponse({ error: name, message, sent: client.sent }, { status: name === 'TimeoutError' ? 504 : 502 });
  }
};
