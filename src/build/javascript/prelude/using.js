// What the transformer makes of `using` and `await using`. The shape is Babel's helper's.

export function usingCtx() {
  const resources = [];
  const none = {};
  const add = (isAsync, value) => {
    if (value != null) {
      if (Object(value) !== value) throw new TypeError('using takes an object, null or undefined');
      let dispose = isAsync ? value[Symbol.asyncDispose] : undefined;
      if (dispose == null) {
        const sync = value[Symbol.dispose];
        dispose = isAsync && sync ? function () { sync.call(this); } : sync;
      }
      if (typeof dispose !== 'function') throw new TypeError('the value of using has no dispose method');
      resources.push({ value, dispose, isAsync });
    } else if (isAsync) resources.push({ value, isAsync });
    return value;
  };
  return {
    e: none,
    u: (value) => add(false, value),
    a: (value) => add(true, value),
    d() {
      let error = this.e;
      let waited = false;
      const next = () => {
        let resource;
        while ((resource = resources.pop())) {
          try {
            if (!resource.isAsync && waited) {
              waited = false;
              resources.push(resource);
              return Promise.resolve().then(next);
            }
            if (resource.dispose) {
              const result = resource.dispose.call(resource.value);
              if (resource.isAsync) { waited = true; return Promise.resolve(result).then(next, fail); }
            } else waited = true;
          } catch (thrown) { return fail(thrown); }
        }
        if (waited) return error !== none ? Promise.reject(error) : Promise.resolve();
        if (error !== none) throw error;
      };
      const fail = (thrown) => {
        error = error !== none ? new SuppressedError(thrown, error) : thrown;
        return next();
      };
      return next();
    },
  };
}
