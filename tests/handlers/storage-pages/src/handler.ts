import { jsonResponse, type Handler, type HostBindings } from '@alga-psa/extension-runtime';

interface Device {
  name: string;
  online: boolean;
}

const PAGE = 25;

/** Every entry, a page at a time: the platform gives 25 at once. */
async function* devices(storage: HostBindings['storage']): AsyncGenerator<Device> {
  let cursor: string | null = null;
  for (;;) {
    const page: { key: string; value: Uint8Array }[] = await storage.list('devices', cursor);
    for (const { value } of page) yield JSON.parse(new TextDecoder().decode(value)) as Device;
    if (page.length < PAGE) return;
    // The platform's own cursor: base64url of where the last page ended.
    cursor = btoa(JSON.stringify({ key: page.at(-1)!.key })).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }
}

export const handler: Handler = async (request, { storage }) => {
  const params = new URL(request.http.url, 'http://extension').searchParams;
  const skip = Number(params.get('skip') ?? 0);
  const take = Number(params.get('take') ?? 10);
  const names: string[] = [];
  let online = 0;
  let total = 0;
  for await (const device of devices(storage)) {
    if (total >= skip && names.length < take) names.push(device.name);
    if (device.online) online += 1;
    total += 1;
  }
  return jsonResponse({ names, online, total });
};
