import { callRoute } from 'alga:extension/ui-proxy';
import { later, orNull } from 'alga-ext:sdk/host/bindings';

const call = later((route, payload) => callRoute(route, orNull(payload)));

export const uiProxy = { callRoute: call, call };
