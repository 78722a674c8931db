import type { HostBindings } from '@alga-psa/extension-runtime';
import type { Product } from './billing';
import { Problem } from './problems';

export interface Order {
  id: string;
  clientId: string;
  orderedBy: string;
  at: string;
  /** As it was when it was ordered: a later price changes nothing. */
  product: Product;
  quantity: number;
  note: string;
  state: 'open' | 'approved' | 'declined';
  decidedBy?: string;
  reason?: string;
  invoiceNumber?: string;
}

const NAMESPACE = 'orders';

/** The newest 25: one page of storage, in which `read` looks too. */
export async function list(host: HostBindings): Promise<Order[]> {
  const entries = await host.storage.list(NAMESPACE);
  return entries.map(({ value }) => decoded(value));
}

/** An order, and the revision that a change of it must name. */
export async function read(id: string, host: HostBindings) {
  const entries = await host.storage.list(NAMESPACE);
  const entry = entries.find(({ key }) => key === id);
  return entry && { order: decoded(entry.value), revision: entry.revision ?? null };
}

/** With a revision only as long as nobody else has changed it. */
export async function save(order: Order, host: HostBindings, revision: number | null = null): Promise<void> {
  const value = new TextEncoder().encode(JSON.stringify(order));
  try {
    await host.storage.put({ namespace: NAMESPACE, key: order.id, value, revision });
  } catch (error) {
    if ((error as { code?: string }).code === 'conflict') throw new Problem(409, 'somebody else has decided');
    throw error;
  }
}

function decoded(value: Uint8Array): Order {
  return JSON.parse(new TextDecoder().decode(value)) as Order;
}
