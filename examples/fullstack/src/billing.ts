import type { HostBindings } from '@alga-psa/extension-runtime';
import type { Order } from './orders';
import { Problem } from './problems';

export interface Product {
  id: string;
  name: string;
  /** Minor units of the currency. */
  price: number;
  unit: string;
}

/** The active products: the most that one page holds. */
export async function catalogue(host: HostBindings): Promise<Product[]> {
  const { items } = await host.services.list({ itemKind: 'product', isActive: true, pageSize: 100 });
  return items.map(({ serviceId, serviceName, defaultRate, unitOfMeasure }) => ({
    id: serviceId,
    name: serviceName,
    price: defaultRate,
    unit: unitOfMeasure,
  }));
}

/** The clients' names by their ids: the first hundred, the most that one page holds. */
export async function names(host: HostBindings): Promise<Map<string, string>> {
  const { items } = await host.clients.list({ pageSize: 100 });
  return new Map(items.map(({ clientId, clientName }) => [clientId, clientName]));
}

/** A draft invoice of one line. */
export async function invoice({ clientId, id, product, quantity, orderedBy }: Order, host: HostBindings) {
  const description = `${product.name}, ordered by ${orderedBy}`;
  const made = await host.invoicing.createManualInvoice({
    clientId,
    items: [{ serviceId: product.id, quantity, description, rate: product.price }],
    poNumber: id,
  });
  if (!made.success) throw new Problem(502, `the invoice was refused, so the order stays open: ${made.error}`);
  return made.invoice;
}
