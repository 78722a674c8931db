import { getUser } from 'alga:extension/user-v2';
import { later } from 'alga-ext:sdk/host/bindings';
import { normalizeOwn } from 'alga-ext:sdk/user';

export const user = { getUser: later(() => normalizeOwn(getUser())) };
