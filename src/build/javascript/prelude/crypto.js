// `crypto`, empty: each part is put into it by a module of its own, so that none costs those who use another.

export const crypto = { get [Symbol.toStringTag]() { return 'Crypto'; } };

Object.defineProperty(globalThis, 'crypto', { value: crypto, writable: true, configurable: true });
