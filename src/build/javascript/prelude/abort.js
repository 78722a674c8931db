// AbortController and AbortSignal (WHATWG DOM, 3); `AbortSignal.timeout` stands by the timers it needs.

import { define } from 'alga-ext:prelude/define';
import { Event, EventTarget } from 'alga-ext:prelude/events';

let making = false;
/** Makes a signal, and aborts one; set where a signal's private parts are in reach. */
export let make;
export let abort;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  #onabort = null;
  /** Signals made of this one by `any`. */
  #dependents = [];

  constructor() {
    if (!making) throw new TypeError('an AbortSignal is made by an AbortController');
    super();
  }

  static {
    make = () => {
      making = true;
      try { return new AbortSignal(); } finally { making = false; }
    };
    abort = (signal, reason) => {
      if (signal.#aborted) return;
      if (reason === undefined) reason = new DOMException('the operation was aborted', 'AbortError');
      const aborted = [signal];
      // All of them are aborted before any listener hears of one.
      for (const one of aborted) {
        one.#aborted = true;
        one.#reason = reason;
        for (const dependent of one.#dependents) if (!dependent.#aborted && !aborted.includes(dependent)) aborted.push(dependent);
      }
      for (const one of aborted) one.dispatchEvent(new Event('abort'));
    };
  }

  get aborted() { return this.#aborted; }

  get reason() { return this.#reason; }

  get onabort() { return this.#onabort; }

  set onabort(listener) {
    if (this.#onabort) this.removeEventListener('abort', this.#onabort);
    this.#onabort = typeof listener === 'function' ? listener : null;
    if (this.#onabort) this.addEventListener('abort', this.#onabort);
  }

  throwIfAborted() { if (this.#aborted) throw this.#reason; }

  static abort(reason) {
    const signal = make();
    abort(signal, reason);
    return signal;
  }

  static any(signals) {
    const all = [...signals];
    if (all.some((one) => !(one instanceof AbortSignal))) throw new TypeError('AbortSignal.any takes AbortSignals');
    const signal = make();
    const first = all.find((one) => one.#aborted);
    if (first) abort(signal, first.#reason);
    else for (const one of all) one.#dependents.push(signal);
    return signal;
  }

  get [Symbol.toStringTag]() { return 'AbortSignal'; }
}

export class AbortController {
  #signal = make();

  get signal() { return this.#signal; }

  abort(reason) { abort(this.#signal, reason); }

  get [Symbol.toStringTag]() { return 'AbortController'; }
}

define({ AbortSignal, AbortController });
