import { getContext } from 'alga:extension/context';
import { later } from 'alga-ext:sdk/host/bindings';

export const context = { get: later(() => getContext()) };
