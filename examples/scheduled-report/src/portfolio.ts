import type { HostBindings } from '@alga-psa/extension-runtime';

/** What the tenant looks after, in numbers. */
export interface Report {
  at: string;
  clients: number;
  currencies: Record<string, number>;
  services: number;
  billing: Record<string, number>;
}

/** Pages hold at most this many. */
const PAGE = 100;

export async function portfolio(host: HostBindings, now: Date): Promise<Report> {
  const clients = await all((page) => host.clients.list({ page, pageSize: PAGE }));
  const services = await all((page) => host.services.list({ page, pageSize: PAGE, isActive: true }));
  return {
    at: now.toISOString(),
    clients: clients.length,
    currencies: count(clients.map(({ defaultCurrencyCode }) => defaultCurrencyCode ?? 'none')),
    services: services.length,
    billing: count(services.map(({ billingMethod }) => billingMethod)),
  };
}

/** One line for each figure. */
export function csv(report: Report): string {
  const rows = [
    ['figure', 'of', 'count'],
    ['clients', 'all', report.clients],
    ...Object.entries(report.currencies).map(([currency, number]) => ['clients', currency, number]),
    ['services', 'all', report.services],
    ...Object.entries(report.billing).map(([method, number]) => ['services', method, number]),
  ];
  return rows.map((row) => row.join(',')).join('\r\n') + '\r\n';
}

/** Every item of a list that comes in pages. */
async function all<Item>(list: (page: number) => Promise<{ items: Item[]; totalCount: number }>): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = 1; ; page += 1) {
    const { items: more, totalCount } = await list(page);
    items.push(...more);
    if (more.length === 0 || items.length >= totalCount) return items;
  }
}

/** How often each word occurs, in order of the words. */
function count(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words.sort()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
