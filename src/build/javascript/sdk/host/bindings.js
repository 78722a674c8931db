// The second argument of a handler: the platform's interfaces in the SDK's shapes.

import { resolved } from 'alga-ext:prelude/promise';

const GROUPS = ['context', 'secrets', 'http', 'storage', 'logging', 'uiProxy', 'scheduler', 'invoicing', 'user', 'clients', 'services'];

/** The bindings with the groups the source uses. Another group says why it is not there. */
export function bind(groups) {
  const host = { ...groups };
  for (const group of GROUPS) {
    if (group in host) continue;
    Object.defineProperty(host, group, {
      enumerable: false,
      get() {
        throw new Error(`\`host.${group}\` is not in this component: the build saw no use of it; write \`host.${group}\` where it is used`);
      },
    });
  }
  return host;
}

/** A function of the platform, of two parameters at most, as the SDK types it: what it answers comes as a promise. */
export const later = (call) => (one, other) => {
  try { return resolved(call(one, other)); } catch (error) { return Promise.reject(error); }
};

/** What is absent as the platform wants it. */
export const orNull = (value) => (value === undefined ? null : value);
