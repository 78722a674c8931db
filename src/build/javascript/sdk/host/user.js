import { getUser } from 'alga:extension/user-v2';
import { later } from 'alga-ext:sdk/host/bindings';
import { normalizeUserData } from 'alga-ext:sdk/user';

export const user = { getUser: later(() => normalizeUserData(getUser())) };
