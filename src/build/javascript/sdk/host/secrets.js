import { get, listKeys } from 'alga:extension/secrets';
import { later } from 'alga-ext:sdk/host/bindings';

export const secrets = { get: later((key) => get(key)), list: later(() => listKeys()) };
