// The engine's `Date.prototype.set…` answer NaN for what is no number, and leave the date as it was: a check of a date
// that somebody sent would pass. Here the date becomes invalid (ECMAScript 21.4.4).

for (const part of ['FullYear', 'Month', 'Date', 'Hours', 'Minutes', 'Seconds', 'Milliseconds']) {
  for (const name of [`set${part}`, `setUTC${part}`]) {
    const native = Date.prototype[name];
    const set = {
      [name](...given) {
        const time = native.apply(this, given);
        return Number.isNaN(time) ? this.setTime(NaN) : time;
      },
    }[name];
    Object.defineProperty(set, 'length', { value: native.length, configurable: true });
    Object.defineProperty(Date.prototype, name, { value: set, writable: true, configurable: true });
  }
}
