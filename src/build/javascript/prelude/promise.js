// A Promise with a queue of its own. The engine's promises run their jobs after a call has ended, when the response
// is already gone; these are run by `settle` while the call lasts.
// The order of jobs is the one ECMAScript prescribes (27.2).

const PENDING = 0;
export const FULFILLED = 1;
export const REJECTED = 2;
/** The part of a promise's state that says which of the three it is, and the one that says that somebody looks after it. */
const SETTLED = 3;
const HANDLED = 4;

/** What is done next: a function and the two values it is given, each job three places long. */
let jobs = [];
/** What is done, one after the other, when no job is left and no timer is due. */
const tasks = [];
/** The timers, when the source uses any. */
let timers;
/** Rejected promises that nobody looks after, with their reasons. */
const unhandled = new Map();
/** What was thrown where nobody could catch it. */
let thrown = [];

/** What was last thrown, or rejected with, that is no error, and where: only an error has a stack. */
let latest;

/** Notes where such a value comes from, thrown at `place` or rejected with; what is thrown again keeps its place. */
export function note(value, place) {
  if (value instanceof Error) return;
  const isSame = latest !== undefined && Object.is(latest.value, value);
  if (!isSame || (place && !isObject(value))) latest = { value, place, site: new Error() };
}

/** The stack of where such a value comes from. */
export function siteOf(value) {
  if (latest === undefined || !Object.is(latest.value, value)) return '';
  // The engine's own place is the call that notes it.
  return latest.place ? latest.site.stack.replace(/\([^()\n]*\)$/m, `(${latest.place})`) : latest.site.stack;
}

/** Adds a task. */
export function addTask(task) { tasks.push(task); }

/** Hands over the timers: `run` runs one that is due, `wait` waits for the next; both say whether there was one. */
export function setTimers(given) { timers = given; }

/** Keeps an error for the report. */
export function uncaught(error) { thrown.push(error); }

/** Runs every job there is, and those they add. */
export function drain() {
  // Jobs are taken in chunks: neither is the array shifted for each job nor does it grow without end.
  while (jobs.length > 0) {
    const chunk = jobs;
    jobs = [];
    for (let index = 0; index < chunk.length; index += 3) {
      // A microtask of the source's, or a promise of its own class, may throw; the jobs behind it still run.
      try { chunk[index](chunk[index + 1], chunk[index + 2]); } catch (error) { uncaught(error); }
    }
  }
}

/** Whether there is anything to report. */
export const hasFailed = () => thrown.length > 0 || unhandled.size > 0;

/** The reasons of rejections that nothing handles, once. */
export function takeUnhandled() {
  const reasons = [...unhandled.values()];
  unhandled.clear();
  return reasons;
}

/** The errors nobody could catch, once. */
export function takeUncaught() {
  const errors = thrown;
  thrown = [];
  return errors;
}

/** One turn: a timer that is due, else a task, else what the next timer waits for; false when nothing is left. */
function turn() {
  if (timers?.run()) return true;
  const task = tasks.shift();
  if (!task) return Boolean(timers?.wait());
  try { task(); } catch (error) { uncaught(error); }
  return true;
}

/** What a value comes to: itself, or what its promise settles to while turns are taken. */
export function settle(value, never = 'handler never settled: it waits for a promise that nothing resolves') {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function') || typeof value.then !== 'function') {
    drain();
    return value;
  }
  const promise = watch(value);
  drain();
  while (stateOf(promise) === PENDING && turn()) drain();
  const state = stateOf(promise);
  if (state === REJECTED) throw resultOf(promise);
  if (state === PENDING) throw new Error(never);
  return resultOf(promise);
}

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

/** A promise of the class, with what settles it (27.2.1.5). */
function capability(constructor) {
  if (constructor === OwnPromise) {
    let resolve, reject;
    const promise = new OwnPromise((onResolve, onReject) => { resolve = onResolve; reject = onReject; });
    return { promise, resolve, reject };
  }
  if (typeof constructor !== 'function') throw new TypeError('not a constructor of promises');
  let resolve, reject;
  const promise = new constructor((onResolve, onReject) => { resolve = onResolve; reject = onReject; });
  if (typeof resolve !== 'function' || typeof reject !== 'function') {
    throw new TypeError('the promise was not given its functions');
  }
  return { promise, resolve, reject };
}

/** What makes a promise that this module settles itself. */
const BARE = () => {};

function speciesOf(promise) {
  const constructor = promise.constructor;
  if (constructor === OwnPromise || constructor === undefined) return OwnPromise;
  return constructor[Symbol.species] ?? OwnPromise;
}

class OwnPromise {
  #state = PENDING;
  /** What it came to; until then what is done next: nothing, a function, or a list of them. */
  #value = undefined;

  constructor(executor) {
    if (executor === BARE) return;
    if (typeof executor !== 'function') throw new TypeError('a promise is made with a function');
    let done = false;
    const resolve = (value) => { if (!done) { done = true; this.#resolve(value); } };
    const reject = (reason) => { if (!done) { done = true; this.#settle(REJECTED, reason); } };
    try { executor(resolve, reject); } catch (error) { reject(error); }
  }

  get [Symbol.toStringTag]() { return 'Promise'; }

  static get [Symbol.species]() { return this; }

  static isPromise(value) { return isObject(value) && #state in value; }

  /** What `await` does (27.7.5.3): neither is `then` looked up, nor is there a promise of what comes of it. */
  static follow(value, react) {
    if (!isObject(value)) jobs.push(react, FULFILLED, value);
    else adopt(value).#react(react);
  }

  /** The promise itself, or one of what the value comes to; it counts as looked after. */
  static watch(value) {
    const promise = adopt(value);
    promise.#handle();
    return promise;
  }

  static stateOf(promise) { return promise.#state & SETTLED; }

  static resultOf(promise) { return promise.#value; }

  static bare() { return new OwnPromise(BARE); }

  static resolveBare(promise, value) { promise.#resolve(value); }

  static rejectBare(promise, reason) { promise.#settle(REJECTED, reason); }

  static peek(promise) {
    const state = promise.#state & SETTLED;
    return { state: ['pending', 'fulfilled', 'rejected'][state], value: state === PENDING ? undefined : promise.#value };
  }

  #resolve(value) {
    if (value === this) {
      this.#settle(REJECTED, new TypeError('a promise cannot be resolved with itself'));
      return;
    }
    if (!isObject(value)) { this.#settle(FULFILLED, value); return; }
    let then;
    try { then = value.then; } catch (error) { this.#settle(REJECTED, error); return; }
    if (typeof then !== 'function') { this.#settle(FULFILLED, value); return; }
    const job = () => {
      let done = false;
      const resolve = (next) => { if (!done) { done = true; this.#resolve(next); } };
      const reject = (reason) => { if (!done) { done = true; this.#settle(REJECTED, reason); } };
      try { then.call(value, resolve, reject); } catch (error) { reject(error); }
    };
    jobs.push(job, undefined, undefined);
  }

  #settle(state, value) {
    const reactions = this.#value;
    const handled = this.#state & HANDLED;
    this.#state = state | handled;
    this.#value = value;
    if (state === REJECTED) {
      note(value);
      if (!handled) unhandled.set(this, value);
    }
    if (reactions === undefined) return;
    if (typeof reactions === 'function') jobs.push(reactions, state, value);
    else for (const react of reactions) jobs.push(react, state, value);
  }

  /** Somebody looks after it. */
  #handle() {
    const state = this.#state;
    if (state & HANDLED) return;
    this.#state = state | HANDLED;
    if (state === REJECTED) unhandled.delete(this);
  }

  /** What is done once it has settled (27.2.5.4.1). */
  #react(react) {
    this.#handle();
    const state = this.#state & SETTLED;
    const value = this.#value;
    if (state !== PENDING) jobs.push(react, state, value);
    else if (value === undefined) this.#value = react;
    else if (typeof value === 'function') this.#value = [value, react];
    else value.push(react);
  }

  then(onFulfilled, onRejected) {
    const constructor = speciesOf(this);
    if (constructor === OwnPromise) {
      const derived = new OwnPromise(BARE);
      this.#react((state, value) => {
        const handle = state === FULFILLED ? onFulfilled : onRejected;
        if (typeof handle !== 'function') {
          if (state === FULFILLED) derived.#resolve(value); else derived.#settle(REJECTED, value);
          return;
        }
        let result;
        try { result = handle(value); } catch (error) { derived.#settle(REJECTED, error); return; }
        derived.#resolve(result);
      });
      return derived;
    }
    const { promise, resolve, reject } = capability(constructor);
    this.#react((state, value) => {
      const handle = state === FULFILLED ? onFulfilled : onRejected;
      if (typeof handle !== 'function') {
        if (state === FULFILLED) resolve(value); else reject(value);
        return;
      }
      let result;
      try { result = handle(value); } catch (error) { reject(error); return; }
      resolve(result);
    });
    return promise;
  }

  catch(onRejected) { return this.then(undefined, onRejected); }

  finally(onFinally) {
    if (typeof onFinally !== 'function') return this.then(onFinally, onFinally);
    const constructor = speciesOf(this);
    return this.then(
      (value) => constructor.resolve(onFinally()).then(() => value),
      (reason) => constructor.resolve(onFinally()).then(() => { throw reason; }),
    );
  }

  /** A promise that has come to the value, or will to what it comes to. */
  static resolved(value) {
    const promise = new OwnPromise(BARE);
    promise.#resolve(value);
    return promise;
  }

  /** An object as a promise (27.2.4.7.1). */
  static adopt(value) { return #state in value && value.constructor === OwnPromise ? value : resolved(value); }

  static resolve(value) {
    if (isObject(value) && #state in value && value.constructor === this) return value;
    if (this === OwnPromise) return resolved(value);
    const { promise, resolve } = capability(this);
    resolve(value);
    return promise;
  }

  static reject(reason) {
    const { promise, reject } = capability(this);
    reject(reason);
    return promise;
  }

  static withResolvers() { return capability(this); }

  static try(run, ...given) {
    const { promise, resolve, reject } = capability(this);
    try { resolve(run(...given)); } catch (error) { reject(error); }
    return promise;
  }

  static all(values) {
    return collect(this, values, (promise, slot, resolve, reject) => {
      promise.then((value) => slot(value), reject);
    });
  }

  static allSettled(values) {
    return collect(this, values, (promise, slot) => {
      promise.then(
        (value) => slot({ status: 'fulfilled', value }),
        (reason) => slot({ status: 'rejected', reason }),
      );
    });
  }

  static any(values) {
    const failed = (reasons, resolve, reject) => reject(new AggregateError(reasons, 'all promises were rejected'));
    return collect(this, values, (promise, slot, resolve) => { promise.then(resolve, (reason) => slot(reason)); }, failed);
  }

  static race(values) {
    const { promise, resolve, reject } = capability(this);
    try { for (const value of values) this.resolve(value).then(resolve, reject); } catch (error) { reject(error); }
    return promise;
  }
}

/** Gathers one result for each value, in order; what is done when all are there is `finish`. */
function collect(constructor, values, follow, finish = (results, resolve) => resolve(results)) {
  const { promise, resolve, reject } = capability(constructor);
  try {
    const results = [];
    let open = 1;
    const close = () => { if (--open === 0) finish(results, resolve, reject); };
    let index = 0;
    for (const value of values) {
      const at = index++;
      let called = false;
      results.push(undefined);
      open++;
      const slot = (result) => {
        if (called) return;
        called = true;
        results[at] = result;
        close();
      };
      follow(constructor.resolve(value), slot, resolve, reject);
    }
    close();
  } catch (error) { reject(error); }
  return promise;
}

Object.defineProperty(OwnPromise, 'name', { value: 'Promise', configurable: true });
Object.defineProperty(globalThis, 'Promise', { value: OwnPromise, writable: true, configurable: true });

globalThis.queueMicrotask = function queueMicrotask(job) {
  if (typeof job !== 'function') throw new TypeError('queueMicrotask takes a function');
  jobs.push(() => { job(); }, undefined, undefined);
};

export const { isPromise, peek, follow, bare, resolved, resolveBare, rejectBare } = OwnPromise;
const { adopt, watch, stateOf, resultOf } = OwnPromise;
const OURS = ['isPromise', 'peek', 'follow', 'bare', 'resolved', 'resolveBare', 'rejectBare', 'adopt', 'watch', 'stateOf', 'resultOf'];
for (const name of OURS) delete OwnPromise[name];
