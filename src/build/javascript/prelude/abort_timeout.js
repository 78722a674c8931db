// `AbortSignal.timeout`, which needs the timers that the rest does without.

import 'alga-ext:prelude/timers';
import { abort, AbortSignal, make } from 'alga-ext:prelude/abort';

const later = setTimeout;
/** The longest delay of a timer. */
const LONGEST = 0x7fffffff;

Object.defineProperty(AbortSignal, 'timeout', {
  writable: true,
  configurable: true,
  value: function timeout(milliseconds) {
    const delay = Math.trunc(Number(milliseconds));
    if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError(`AbortSignal.timeout takes milliseconds, not ${String(milliseconds)}`);
    }
    const signal = make();
    const late = () => abort(signal, new DOMException(`the time of ${delay} ms is up`, 'TimeoutError'));
    later(late, Math.min(delay, LONGEST));
    return signal;
  },
});
