// What the transformer makes of async functions and async generators. The shapes are Babel's helpers'.

import { FULFILLED, REJECTED, bare, follow, rejectBare, resolveBare } from 'alga-ext:prelude/promise';

/** A generator function that waits at each `yield`. */
export function asyncToGenerator(body) {
  return function () {
    const promise = bare();
    let generator;
    // Parameters are taken apart here: what that throws is a rejection too.
    try { generator = body.apply(this, arguments); } catch (error) { rejectBare(promise, error); return promise; }
    const step = (state, given) => {
      let result;
      try { result = state === REJECTED ? generator.throw(given) : generator.next(given); } catch (error) { rejectBare(promise, error); return; }
      if (result.done) { resolveBare(promise, result.value); return; }
      try { follow(result.value, step); } catch (error) { step(REJECTED, error); }
    };
    step(FULFILLED, undefined);
    return promise;
  };
}

/** A value that an async generator waits for, or delegates to (1), and does not hand out. */
class Awaited {
  constructor(value, kind) {
    this.value = value;
    this.kind = kind;
  }
}

export function awaitAsyncGenerator(value) {
  return new Awaited(value, 0);
}

/** A generator function whose `yield`s go out one at a time. */
export function wrapAsyncGenerator(body) {
  return function () {
    return new AsyncGenerator(body.apply(this, arguments));
  };
}

class AsyncGenerator {
  #generator;
  #requests = [];
  #running = false;

  constructor(generator) {
    this.#generator = generator;
    if (typeof generator.return !== 'function') this.return = undefined;
  }

  [Symbol.asyncIterator]() { return this; }

  next(value) { return this.#send('next', value); }

  throw(value) { return this.#send('throw', value); }

  return(value) { return this.#send('return', value); }

  #send(method, value) {
    return new Promise((resolve, reject) => {
      this.#requests.push({ method, value, resolve, reject });
      if (!this.#running) this.#resume(method, value);
    });
  }

  #resume(method, given) {
    this.#running = true;
    try {
      const result = this.#generator[method](given);
      const value = result.value;
      const awaited = value instanceof Awaited;
      Promise.resolve(awaited ? value.value : value).then(
        (settled) => {
          if (awaited) {
            const how = method === 'return' && value.kind === 1 ? method : 'next';
            // What was waited for goes back into the body, and so does the last result of a delegate.
            if (!value.kind || settled.done) { this.#resume(how, settled); return; }
            // Any other result of a delegate goes through it, so that it knows whose turn is next.
            settled = this.#generator[how](settled).value;
          }
          this.#answer(result.done ? 'return' : 'yield', settled);
        },
        (reason) => this.#resume('throw', reason),
      );
    } catch (error) { this.#answer('throw', error); }
  }

  #answer(kind, value) {
    const request = this.#requests.shift();
    if (kind === 'throw') request.reject(value);
    else request.resolve({ value, done: kind === 'return' });
    if (this.#requests.length > 0) this.#resume(this.#requests[0].method, this.#requests[0].value);
    else this.#running = false;
  }
}

/** The async iterator of a value, or its iterator made async. */
export function asyncIterator(iterable) {
  const method = iterable[Symbol.asyncIterator];
  if (method != null) return method.call(iterable);
  const iterator = iterable[Symbol.iterator];
  if (iterator == null) throw new TypeError('the value is not async iterable');
  return new FromSync(iterator.call(iterable));
}

class FromSync {
  #iterator;

  constructor(iterator) { this.#iterator = iterator; }

  #pass(result, close) {
    if (Object(result) !== result) return Promise.reject(new TypeError(`${String(result)} is not an object`));
    const done = result.done;
    return Promise.resolve(result.value).then(
      (value) => ({ value, done }),
      (reason) => {
        // A rejected element ends the loop, and the iterator is told.
        if (close && !done) this.#iterator.return?.();
        throw reason;
      },
    );
  }

  #call(method, value, close) {
    try { return this.#pass(this.#iterator[method](value), close); } catch (error) { return Promise.reject(error); }
  }

  [Symbol.asyncIterator]() { return this; }

  next(value) { return this.#call('next', value, true); }

  return(value) {
    if (this.#iterator.return === undefined) return Promise.resolve({ value, done: true });
    return this.#call('return', value, false);
  }

  throw(value) {
    if (this.#iterator.throw === undefined) {
      this.#iterator.return?.();
      return Promise.reject(new TypeError('the iterator has no `throw`'));
    }
    return this.#call('throw', value, true);
  }
}

/** `yield*` inside an async generator: each result is waited for outside, and then handed back to pass it on. */
export function asyncGeneratorDelegate(inner) {
  let waiting = false;
  const delegate = {};
  const pump = (method, value) => {
    waiting = true;
    return { done: false, value: new Awaited(Promise.resolve(inner[method](value)), 1) };
  };
  delegate[Symbol.iterator] = () => delegate;
  delegate.next = (value) => {
    if (waiting) { waiting = false; return value; }
    return pump('next', value);
  };
  if (typeof inner.throw === 'function') {
    delegate.throw = (value) => {
      if (waiting) { waiting = false; throw value; }
      return pump('throw', value);
    };
  }
  if (typeof inner.return === 'function') {
    delegate.return = (value) => {
      if (waiting) { waiting = false; return value; }
      return pump('return', value);
    };
  }
  return delegate;
}
