// As much of mocha as the suite needs. Tests are collected while the suite is loaded. Those of one `describe` run one
// after the other, as they share variables, and all of these at once; those that change something for all, set anew
// before each, come last.

const TIMEOUT = 10_000;
const around = [];
const groups = new Map();
const last = [];
let collecting = true;

globalThis.global = globalThis;
global.adapter = {
  resolved: (value) => Promise.resolve(value),
  rejected: (reason) => {
    const promise = Promise.reject(reason);
    // Some reasons are rejected promises themselves, which nobody handles.
    if (collecting) promise.catch(() => {});
    return promise;
  },
  deferred: () => Promise.withResolvers(),
};
global.describe = (name, define) => {
  around.push({ name, before: [], after: [] });
  define();
  around.pop();
};
global.beforeEach = (run) => around.at(-1).before.push(run);
global.afterEach = (run) => around.at(-1).after.push(run);
global.specify = global.it = (name, run) => {
  const [before, after] = ['before', 'after'].map((key) => around.flatMap((one) => one[key]));
  const group = around.at(-1);
  if (!groups.has(group)) groups.set(group, []);
  const tests = before.length > 0 ? last : groups.get(group);
  // What only sloppy code does, no module of a component does: it is put in other words.
  if (group.name === 'sloppy mode') run = sloppy(name);
  tests.push({ name: [...around.map((one) => one.name), name].join(' > '), before, after, run });
};

/** The same test in code that is not strict, which is code made of text here. */
function sloppy(name) {
  const check = 'if (this === globalThis) done(); else done(`this is ${this}`);';
  return Function('done', `adapter.${name === 'fulfilled' ? 'resolved' : 'rejected'}(1).then(function () { ${check} }, function () { ${check} });`);
}

function outcome({ name, before, after, run }) {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, TIMEOUT, { name, error: `done was not called within ${TIMEOUT} ms` });
    const done = (error) => {
      clearTimeout(late);
      for (const tidy of after) tidy();
      resolve({ name, error: error && String(error) });
    };
    try {
      for (const prepare of before) prepare();
      run(done);
      if (run.length === 0) done();
    } catch (error) { done(error); }
  });
}

async function inTurn(tests) {
  const outcomes = [];
  for (const test of tests) outcomes.push(await outcome(test));
  return outcomes;
}

/** How many tests there are, and those that failed. */
export async function run() {
  collecting = false;
  const outcomes = (await Promise.all([...groups.values()].map(inTurn))).flat();
  outcomes.push(...await inTurn(last));
  return { tests: outcomes.length, failed: outcomes.filter(({ error }) => error !== undefined) };
}
