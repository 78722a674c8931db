// What the suite asks of Node's `assert`.

function assert(value, message) {
  if (!value) throw new Error(message || `${String(value)} is not true`);
}

assert.strictEqual = (found, wanted, message) => assert(found === wanted, message || `${String(found)} is not ${String(wanted)}`);
assert.notStrictEqual = (found, other, message) => assert(found !== other, message || `both are ${String(other)}`);

module.exports = assert;
