// What is thrown and is no error: it is shown as `console` shows it, with the place it was thrown at.

import 'alga-ext:prelude/inspect';
import { isLive, tell } from 'alga-ext:prelude/instance';
import { note, siteOf } from 'alga-ext:prelude/promise';
import { plain } from 'alga-ext:prelude/stack';

/** Stands behind `throw`, which is at `place`. */
export function thrown(value, place) {
  if (value instanceof Error) return value;
  note(value, place);
  // It may end the loading, and the engine has no words for it.
  if (!isLive()) tell('bare', `${plain(value)}\n${siteOf(value)}`);
  return value;
}
