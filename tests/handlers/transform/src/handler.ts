import { jsonResponse, type Handler } from '@alga-psa/extension-runtime';

interface Asset {
  id: string;
  client: string;
  tags: string[];
  specs: { cpu: number; memory: number };
}

/** Reads about a megabyte of JSON, groups it, and answers with about as much. */
export const handler: Handler = ({ http }) => {
  const { assets } = JSON.parse(new TextDecoder().decode(http.body ?? new Uint8Array())) as { assets: Asset[] };
  const byClient = Object.groupBy(assets, ({ client }) => client);
  const clients = Object.entries(byClient).map(([client, owned = []]) => ({
    client,
    memory: owned.reduce((sum, { specs }) => sum + specs.memory, 0),
    tags: [...new Set(owned.flatMap(({ tags }) => tags))].sort(),
    assets: owned.map(({ id, specs, ...rest }) => ({ ...structuredClone(rest), key: id.toUpperCase(), cores: specs.cpu * 2 })),
  }));
  return jsonResponse({ count: assets.length, clients: clients.toSorted((one, other) => other.memory - one.memory) });
};
