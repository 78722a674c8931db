// `Array.fromAsync` of the engine returns one of the engine's promises, which never settle inside a call.

Object.defineProperty(Array, 'fromAsync', {
  writable: true,
  configurable: true,
  value: async function fromAsync(items, map, self) {
    if (map !== undefined && typeof map !== 'function') throw new TypeError('the mapping is not a function');
    const result = typeof this === 'function' && this !== Array ? new this() : [];
    let index = 0;
    const add = async (item) => {
      result[index] = map ? await map.call(self, item, index) : item;
      index++;
    };
    if (items[Symbol.asyncIterator] != null || items[Symbol.iterator] != null) {
      for await (const item of items) await add(item);
    } else {
      const length = Math.min(Math.max(Math.trunc(Number(items.length)) || 0, 0), Number.MAX_SAFE_INTEGER);
      while (index < length) await add(await items[index]);
    }
    result.length = index;
    return result;
  },
});
