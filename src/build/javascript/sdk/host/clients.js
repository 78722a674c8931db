import { getClient, listClients } from 'alga:extension/clients';
import { later, orNull } from 'alga-ext:sdk/host/bindings';

export const clients = {
  list: later((input = {}) => listClients({
    search: orNull(input?.search),
    includeInactive: orNull(input?.includeInactive),
    page: orNull(input?.page),
    pageSize: orNull(input?.pageSize),
  })),
  get: later((id) => getClient(id)),
};
