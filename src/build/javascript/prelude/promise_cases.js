// Rules of Promises/A+ (the number before each case is the rule's) and of ECMAScript, for the tests.

const cases = [];
const rule = (name, expected, run) => cases.push({ name, expected: JSON.stringify(expected), run });
const later = (value) => new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(value))));
const caught = (promise) => promise.then((value) => `value ${value}`, (reason) => reason?.name ?? `reason ${reason}`);
const thenable = (then) => ({ then });

rule('2.1.2.1 fulfilled stays fulfilled', 'value 1', () => caught(new Promise((yes, no) => { yes(1); no(2); yes(3); })));
rule('2.1.3.1 rejected stays rejected', 'reason 1', () => caught(new Promise((yes, no) => { no(1); yes(2); no(3); })));
rule('2.1.2.1 a throw after resolving changes nothing', 'value 1', () => caught(new Promise((yes) => { yes(1); throw new Error('late'); })));
rule('2.2.1 what is no function is passed over', ['value 1', 'reason 2'], () => Promise.all([
  caught(Promise.resolve(1).then(5).then(null, 'x')), caught(Promise.reject(2).then(undefined, {}).then(null, undefined))]));
rule('2.2.2.3 called once', 1, async () => { let count = 0; const p = later(1); await p.then(() => { count++; }); await p; return count; });
rule('2.2.4 never before the code that is running has ended', ['sync', 'then'], async () => {
  const seen = []; const p = Promise.resolve().then(() => seen.push('then')); seen.push('sync'); await p; return seen; });
rule('2.2.4 nor when resolving calls', ['resolved', 'then'], async () => {
  const seen = []; let yes; const p = new Promise((r) => { yes = r; }); const q = p.then(() => seen.push('then')); yes(); seen.push('resolved'); await q; return seen; });
rule('2.2.5 called without a this', 'undefined', () => Promise.resolve().then(function () { return typeof this; }));
rule('2.2.6 in the order of the calls of then', [1, 2, 3], async () => {
  const seen = []; const p = later(); p.then(() => { seen.push(1); }); p.then(() => { seen.push(2); throw 0; }).catch(() => {}); await p.then(() => { seen.push(3); }); return seen; });
rule('2.2.6 a then inside a then comes last', [1, 2, 3], async () => {
  const seen = []; const p = Promise.resolve(); p.then(() => { seen.push(1); p.then(() => seen.push(3)); }); p.then(() => seen.push(2)); await p; await 0; await 0; return seen; });
rule('2.2.7 then gives a promise', true, () => { const p = Promise.resolve(1); const q = p.then(); return q instanceof Promise && p !== q; });
rule('2.2.7.2 a throw rejects', 'TypeError', () => caught(Promise.resolve().then(() => { throw new TypeError(); })));
rule('2.2.7.2 a throw in a rejection handler rejects', 'reason b', () => caught(Promise.reject('a').then(null, () => { throw 'b'; })));
rule('2.2.7.1 a rejection handler that returns fulfils', 'value 1', () => caught(Promise.reject('a').then(null, () => 1)));
rule('2.3.1 a promise of itself is a TypeError', 'TypeError', () => { const p = Promise.resolve().then(() => p); return caught(p); });
rule('2.3.1 resolved with itself at once', 'TypeError', () => { let yes; const p = new Promise((r) => { yes = r; }); yes(p); return caught(p); });
rule('2.3.2 follows a promise that is pending', 'value 1', () => caught(Promise.resolve().then(() => later(1))));
rule('2.3.2 follows a promise that is rejected', 'reason 1', () => caught(Promise.resolve().then(() => Promise.reject(1))));
rule('2.3.3.1 then is read once', 1, async () => { let count = 0; await { get then() { count++; return (yes) => yes(); } }; return count; });
rule('2.3.3.2 a then that throws when read rejects', 'RangeError', () => caught(Promise.resolve({ get then() { throw new RangeError(); } })));
rule('2.3.3.3 then is called on the object', true, async () => { let self; const value = thenable(function (yes) { self = this; yes(); }); await value; return self === value; });
rule('2.3.3.3 in a job of its own', ['sync', 'then'], async () => {
  const seen = []; const p = Promise.resolve(thenable((yes) => { seen.push('then'); yes(); })); seen.push('sync'); await p; return seen; });
rule('2.3.3.3.1 thenables of thenables are followed', 'value 7', () => caught(Promise.resolve(thenable((yes) => yes(thenable((yes2) => yes2(Promise.resolve(7))))))));
rule('2.3.3.3.2 a reason is not followed', true, async () => { const value = thenable(() => {}); return Promise.reject(value).catch((reason) => reason === value); });
rule('2.3.3.3.3 the first call counts', 'value 1', () => caught(Promise.resolve(thenable((yes, no) => { yes(1); no(2); yes(3); throw 4; }))));
rule('2.3.3.3.3 the first call counts even for a pending promise', 'value 1', () => caught(Promise.resolve(thenable((yes, no) => { yes(later(1)); no(2); }))));
rule('2.3.3.3.4 a throw before rejects', 'reason 4', () => caught(Promise.resolve(thenable(() => { throw 4; }))));
rule('2.3.3 functions are thenables', 'value 5', () => caught(Promise.resolve(Object.assign(() => {}, { then: (yes) => yes(5) }))));
rule('2.3.3.4 a then that is no function', 5, async () => (await { then: 5 }).then);
rule('2.3.4 plain values', [null, 0, '', false, 'x'], () => Promise.all([null, 0, '', false, 'x']));

rule('Promise.resolve gives a promise back as it is', true, () => { const p = Promise.resolve(1); return Promise.resolve(p) === p; });
rule('Promise needs new and a function', ['TypeError', 'TypeError'], () => {
  const name = (run) => { try { run(); } catch (error) { return error.name; } };
  return [name(() => Promise(() => {})), name(() => new Promise(1))]; });
rule('an executor that throws', 'SyntaxError', () => caught(new Promise(() => { throw new SyntaxError(); })));
rule('names and lengths', ['Promise', 1, 2, '[object Promise]', true], () =>
  [Promise.name, Promise.length, Promise.prototype.then.length, String(Promise.resolve()), Promise.prototype.constructor === Promise]);
rule('nothing of ours shows', ['length', 'name', 'prototype', 'all', 'allSettled', 'any', 'race', 'reject', 'resolve', 'try', 'withResolvers'].sort(), () =>
  Object.getOwnPropertyNames(Promise).sort());
rule('all: empty, in order, first failure', [[], [1, 2, 3], 'reason x'], async () =>
  [await Promise.all([]), await Promise.all([later(1), 2, Promise.resolve(3)]), await caught(Promise.all([later(1), Promise.reject('x'), Promise.reject('y')]))]);
rule('all of what cannot be iterated', 'TypeError', () => caught(Promise.all(5)));
rule('all closes its iterator when it fails', true, async () => {
  let closed = false; const broken = { get then() { throw 1; } };
  class Strict extends Promise { static resolve() { throw new Error('no'); } }
  await caught(Strict.all((function* () { try { yield broken; yield 2; } finally { closed = true; } })())); return closed; });
rule('allSettled', [{ status: 'fulfilled', value: 1 }, { status: 'rejected', reason: 2 }], () => Promise.allSettled([1, Promise.reject(2)]));
rule('any', ['value 2', ['AggregateError', [1, 3]], 'AggregateError'], async () => [await caught(Promise.any([Promise.reject(1), later(2)])),
  await Promise.any([Promise.reject(1), Promise.reject(3)]).catch((error) => [error.name, error.errors]), await caught(Promise.any([]))]);
rule('race', ['value 1', 'reason 2'], async () => [await caught(Promise.race([later(5), 1])), await caught(Promise.race([later(5), Promise.reject(2)]))]);
rule('finally passes on', ['value 1', 'reason 2', 'reason 3', 0], async () => { let given;
  return [await caught(Promise.resolve(1).finally((...all) => { given = all.length; return 9; })), await caught(Promise.reject(2).finally(() => 9)),
    await caught(Promise.resolve(1).finally(() => Promise.reject(3))), given]; });
rule('withResolvers and try', ['value 1', 'RangeError', 'value 3'], async () => { const { promise, resolve } = Promise.withResolvers(); resolve(1);
  return [await caught(promise), await caught(Promise.try(() => { throw new RangeError(); })), await caught(Promise.try((a, b) => a + b, 1, 2))]; });
rule('a subclass stays one', [true, true, true, 'value 2'], async () => { class Mine extends Promise {}
  const p = Mine.resolve(1); return [p instanceof Mine, p.then() instanceof Mine, Mine.all([]) instanceof Mine, await caught(p.then((x) => x + 1))]; });
rule('species decides what then makes', true, () => { class Mine extends Promise { static get [Symbol.species]() { return Promise; } }
  return !(Mine.resolve(1).then() instanceof Mine); });
rule('a subclass whose functions throw stops nothing', ['after'], async () => {
  const seen = [];
  class Broken { constructor(run) { run(() => { throw new Error('in resolve'); }, () => {}); } }
  const p = Promise.resolve(1); p.constructor = { [Symbol.species]: Broken };
  p.then(() => {}); Promise.resolve().then(() => seen.push('after')); await 0; await 0; return seen; });
rule('await takes one turn for a value and a promise, three for a thenable', ['a1', 'b1', 'p1', 'a2', 'b2', 'p2', 'p3', 'c1'], async () => {
  const seen = [];
  const a = (async () => { await 0; seen.push('a1'); await 0; seen.push('a2'); })();
  const b = (async () => { await Promise.resolve(); seen.push('b1'); await 0; seen.push('b2'); })();
  const p = Promise.resolve().then(() => seen.push('p1')).then(() => seen.push('p2')).then(() => seen.push('p3'));
  const c = (async () => { await (async () => Promise.resolve())(); seen.push('c1'); })();
  await Promise.all([a, b, p, c]); return seen; });
rule('queueMicrotask is one job among the others', [1, 2, 3], async () => {
  const seen = []; Promise.resolve().then(() => seen.push(1)); queueMicrotask(() => seen.push(2)); Promise.resolve().then(() => seen.push(3)); await 0; await 0; return seen; });
rule('an async function returns a promise and throws none', ['Promise', 'TypeError'], async () => {
  const fails = async () => { throw new TypeError(); }; const p = fails(); return [p.constructor.name, await caught(p)]; });
rule('ten thousand awaits', 10000, async () => { let n = 0; while (n < 10000) { await null; n++; } return n; });
rule('a chain of ten thousand', 10000, () => { let p = Promise.resolve(0); for (let i = 0; i < 10000; i++) p = p.then((n) => n + 1); return p; });

export async function handler() {
  const wrong = [];
  for (const { name, expected, run } of cases) {
    let found;
    try { found = JSON.stringify(await run()); } catch (error) { found = `threw ${error?.stack ?? error}`; }
    if (found !== expected) wrong.push(`${name}: wanted ${expected}, found ${found}`);
  }
  return { body: wrong.join('\n') };
}
