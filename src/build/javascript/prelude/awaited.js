// `await` and `for await` outside of functions: the source is loaded in one go, so they run jobs until there is a result.

import { asyncIterator } from 'alga-ext:prelude/async';
import { settle } from 'alga-ext:prelude/promise';

const NEVER = 'the source waits, while it is loaded, for what cannot come before there is a request';

export const awaited = (value) => settle(value, NEVER);

export function* awaitedEach(iterable) {
  const iterator = asyncIterator(iterable);
  let open = true;
  try {
    for (;;) {
      open = false;
      const result = awaited(iterator.next());
      if (result.done) return;
      open = true;
      yield result.value;
    }
  } finally {
    if (open) awaited(iterator.return?.());
  }
}
