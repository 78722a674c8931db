// `performance.timeOrigin` of the engine is when the snapshot was taken, and cannot be set; this one is when the
// instance began.

import { isLive } from 'alga-ext:prelude/instance';

let origin;

globalThis.performance = Object.create(performance, {
  timeOrigin: {
    enumerable: true,
    get() {
      const found = origin ?? Date.now() - performance.now();
      if (isLive()) origin = found;
      return found;
    },
  },
});
