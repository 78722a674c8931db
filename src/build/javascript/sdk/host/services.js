import { getService, listServices } from 'alga:extension/services';
import { later, orNull } from 'alga-ext:sdk/host/bindings';

export const services = {
  list: later((input = {}) => listServices({
    search: orNull(input?.search),
    itemKind: orNull(input?.itemKind),
    isActive: orNull(input?.isActive),
    billingMethod: orNull(input?.billingMethod),
    page: orNull(input?.page),
    pageSize: orNull(input?.pageSize),
  })),
  get: later((id) => getService(id)),
};
