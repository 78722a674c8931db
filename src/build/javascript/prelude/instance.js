// Whether this is a live instance, or the source is being loaded for the snapshot.

import { logInfo } from 'alga:extension/logging';

let live = false;

export const isLive = () => live;

/** Called once in each instance, before the handler. */
export function goLive() {
  live = true;
}

/** The calls of the platform that a rehearsal makes. A function's own property, as the script begins with such calls. */
export function rehearsed() { return rehearsed.calls ??= []; }

/** Says something to the build; only while the source is loaded. */
export function tell(kind, text = '') {
  logInfo(`\0alga-ext\0${kind} ${text}`);
}

// From here on it is the source that asks for the time.
tell('begin');
