// What the suite asks of sinon: functions that keep count of their calls.

let calls = 0;

function spy(run = () => undefined) {
  const watched = function (...given) {
    watched.calls.push({ given, number: calls++ });
    return run.apply(this, given);
  };
  watched.calls = [];
  watched.returns = (value) => { run = () => value; return watched; };
  watched.throws = (error) => { run = () => { throw error; }; return watched; };
  return watched;
}

const check = (holds, message) => { if (!holds) throw new Error(message); };

exports.spy = exports.stub = spy;
exports.match = { same: (value) => value };
exports.assert = {
  calledWith: (watched, wanted) => check(watched.calls.some(({ given }) => given[0] === wanted), 'not called with the value'),
  notCalled: (watched) => check(watched.calls.length === 0, 'called'),
  callOrder: (...all) => all.reduce((before, watched) => {
    const next = watched.calls.find(({ number }) => number > before);
    check(next, 'called in another order');
    return next.number;
  }, -1),
};
