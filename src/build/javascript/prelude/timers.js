// setTimeout and setInterval (HTML, 8.6): a timer's turn comes when no job is left, and until then the instance waits
// in the host, without running. What is still open when the response has settled goes with the instance.

import { subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.0';
import { isLive, tell } from 'alga-ext:prelude/instance';
import { setTimers, uncaught } from 'alga-ext:prelude/promise';

/** Below this depth of timers set by timers a delay may be shorter than `SHORTEST` milliseconds. */
const DEEPEST = 5;
const SHORTEST = 4;

const clock = performance.now.bind(performance);
/** By when they are due, then by when they were set. */
const queue = [];
/** Those that are not cleared, by number. */
const open = new Map();
/** Those set while the source was loaded: their time begins with the instance's. */
let early = [];
let last = 0;
let depth = 0;

function insert(timer) {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (queue[middle].at <= timer.at) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, timer);
}

function start(timer) {
  if (!isLive()) {
    if (early.length === 0) tell('timer', new Error().stack);
    early.push(timer);
    return;
  }
  const delay = timer.depth > DEEPEST ? Math.max(timer.delay, SHORTEST) : timer.delay;
  timer.at = clock() + delay;
  insert(timer);
}

function set(name, run, delay, given, repeats) {
  if (typeof run !== 'function') throw new TypeError(`${name} takes a function, not ${run === null ? 'null' : typeof run}`);
  const timer = { number: ++last, run, given, repeats, delay: Math.max(Number(delay) | 0, 0), depth: depth + 1, at: 0 };
  open.set(timer.number, timer);
  start(timer);
  return timer.number;
}

/** The timer that is due next, if there is one. */
function next() {
  if (early.length > 0) {
    const waiting = early;
    early = [];
    waiting.forEach(start);
  }
  while (queue.length > 0 && !open.has(queue[0].number)) queue.shift();
  return queue[0];
}

setTimers({
  /** Runs the next timer when its time has come. */
  run() {
    const timer = next();
    if (!timer || timer.at > clock()) return false;
    queue.shift();
    if (!timer.repeats) open.delete(timer.number);
    // What this timer sets, now or in the jobs that follow, is one level deeper.
    depth = timer.depth;
    try { timer.run.apply(globalThis, timer.given); } catch (error) { uncaught(error); }
    if (timer.repeats && open.has(timer.number)) {
      timer.depth++;
      start(timer);
    }
    return true;
  },
  /** Waits until the next timer is due; false when there is none. */
  wait() {
    const timer = next();
    if (!timer) return false;
    const nanoseconds = Math.ceil((timer.at - clock()) * 1e6);
    if (nanoseconds > 0) {
      const pollable = subscribeDuration(nanoseconds);
      pollable.block();
      pollable[Symbol.dispose]();
    }
    return true;
  },
});

globalThis.setTimeout = function setTimeout(run, delay = 0, ...given) { return set('setTimeout', run, delay, given, false); };
globalThis.setInterval = function setInterval(run, delay = 0, ...given) { return set('setInterval', run, delay, given, true); };
globalThis.clearTimeout = function clearTimeout(number) { open.delete(Number(number)); };
globalThis.clearInterval = function clearInterval(number) { open.delete(Number(number)); };
