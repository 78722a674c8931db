// Event, EventTarget and CustomEvent (WHATWG DOM, 2), without a tree: an event has one target.

import { define } from 'alga-ext:prelude/define';
import { isLive } from 'alga-ext:prelude/instance';
import { uncaught } from 'alga-ext:prelude/promise';

/** Sends an event through the listeners; set where the event's private parts are in reach. */
let send;

export class Event {
  #type;
  #bubbles;
  #cancelable;
  #composed;
  #target = null;
  #current = null;
  // Asking for the time while the source is loaded is a fault that this would not be.
  #time = isLive() ? performance.now() : 0;
  #prevented = false;
  #stopped = false;
  #passive = false;
  #sending = false;

  constructor(type, options) {
    if (arguments.length === 0) throw new TypeError('an Event needs a type');
    this.#type = String(type);
    this.#bubbles = Boolean(options?.bubbles);
    this.#cancelable = Boolean(options?.cancelable);
    this.#composed = Boolean(options?.composed);
  }

  static {
    send = (event, target, listeners) => {
      if (event.#sending) throw new DOMException('the event is being dispatched already', 'InvalidStateError');
      event.#sending = true;
      event.#stopped = false;
      event.#target = event.#current = target;
      for (const listener of listeners) {
        if (event.#stopped) break;
        if (listener.removed) continue;
        if (listener.once) listener.remove();
        event.#passive = listener.passive;
        try {
          if (typeof listener.callback === 'function') listener.callback.call(target, event);
          else listener.callback.handleEvent(event);
        } catch (error) { uncaught(error); }
        event.#passive = false;
      }
      event.#sending = false;
      event.#current = null;
      return !event.#prevented;
    };
  }

  get type() { return this.#type; }
  get bubbles() { return this.#bubbles; }
  get cancelable() { return this.#cancelable; }
  get composed() { return this.#composed; }
  get target() { return this.#target; }
  get srcElement() { return this.#target; }
  get currentTarget() { return this.#current; }
  get eventPhase() { return this.#current ? 2 : 0; }
  get timeStamp() { return this.#time; }
  get defaultPrevented() { return this.#prevented; }
  get returnValue() { return !this.#prevented; }
  get isTrusted() { return false; }
  get cancelBubble() { return this.#stopped; }

  preventDefault() { if (this.#cancelable && !this.#passive) this.#prevented = true; }

  stopPropagation() {}

  stopImmediatePropagation() { this.#stopped = true; }

  composedPath() { return this.#current ? [this.#current] : []; }

  get [Symbol.toStringTag]() { return 'Event'; }
}

['NONE', 'CAPTURING_PHASE', 'AT_TARGET', 'BUBBLING_PHASE'].forEach((name, value) => {
  for (const object of [Event, Event.prototype]) Object.defineProperty(object, name, { value, enumerable: true });
});

export class CustomEvent extends Event {
  #detail;

  constructor(type, options) {
    super(type, options);
    this.#detail = options?.detail ?? null;
  }

  get detail() { return this.#detail; }

  get [Symbol.toStringTag]() { return 'CustomEvent'; }
}

export class EventTarget {
  /** Listeners in the order they were added, by type. */
  #listeners = new Map();

  addEventListener(type, callback, options) {
    if (callback === null || callback === undefined) return;
    if (typeof callback !== 'function' && typeof callback !== 'object') {
      throw new TypeError('a listener is a function or an object with handleEvent');
    }
    const { once = false, passive = false, signal, capture = false } = typeof options === 'object' && options !== null
      ? options : { capture: options };
    if (signal?.aborted) return;
    const list = this.#listeners.get(String(type)) ?? [];
    if (this.#find(list, callback, capture)) return;
    const listener = { callback, capture: Boolean(capture), once: Boolean(once), passive: Boolean(passive), removed: false };
    listener.remove = () => {
      listener.removed = true;
      const now = this.#listeners.get(String(type)) ?? [];
      this.#listeners.set(String(type), now.filter((other) => other !== listener));
    };
    // A list that is being gone through stays as it is.
    this.#listeners.set(String(type), [...list, listener]);
    signal?.addEventListener('abort', listener.remove, { once: true });
  }

  removeEventListener(type, callback, options) {
    const capture = typeof options === 'object' && options !== null ? options.capture : options;
    this.#find(this.#listeners.get(String(type)) ?? [], callback, capture)?.remove();
  }

  dispatchEvent(event) {
    if (!(event instanceof Event)) throw new TypeError('dispatchEvent takes an Event');
    return send(event, this, this.#listeners.get(event.type) ?? []);
  }

  #find(list, callback, capture) {
    return list.find((listener) => listener.callback === callback && listener.capture === Boolean(capture));
  }

  get [Symbol.toStringTag]() { return 'EventTarget'; }
}

define({ Event, CustomEvent, EventTarget });
