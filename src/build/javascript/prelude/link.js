function $namespace(names, whole) { Object.defineProperty(names, Symbol.toStringTag, { value: 'Module' }); return whole ? Object.freeze(names) : names; }
function $commonjs(run) { let module; return () => { if (module === undefined) { module = { exports: {} }; run.call(module.exports, module, module.exports, $require); } return module.exports; }; }
function $require(specifier) { throw new Error(`cannot require '${specifier}': only what is named at build time is in the component`); }
function $missing(specifier) { const error = new Error(`Cannot find module '${specifier}'`); error.code = 'MODULE_NOT_FOUND'; throw error; }
function $interop(exports, node) { if (exports === null || (typeof exports !== 'object' && typeof exports !== 'function')) return { default: exports }; if (!node && exports.__esModule) return exports; const names = Object.create(Object.getPrototypeOf(exports)); for (const key of Object.getOwnPropertyNames(exports)) if (key !== 'default') Object.defineProperty(names, key, { enumerable: Object.prototype.propertyIsEnumerable.call(exports, key), get: () => exports[key] }); return Object.defineProperty(names, 'default', { enumerable: true, value: exports }); }
function $star(names, exports) { for (const key of Object.keys(exports)) if (key !== 'default' && !(key in names)) Object.defineProperty(names, key, { enumerable: true, get: () => exports[key] }); }
function $lazily(read) { return Promise.resolve().then(read); }
function $name(named, value) { if (typeof named === 'function') Object.defineProperty(named, 'name', { value, configurable: true }); }
