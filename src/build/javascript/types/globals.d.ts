// What a handler finds without importing it. Each part begins with a line that names its globals; a part is written
// when the engine or a module of the prelude has them all.

//@ console
interface Console {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  trace(...values: unknown[]): void;
  dir(value?: unknown, options?: unknown): void;
  dirxml(...values: unknown[]): void;
  table(value?: unknown, columns?: string[]): void;
  assert(condition?: boolean, ...values: unknown[]): void;
  group(...values: unknown[]): void;
  groupCollapsed(...values: unknown[]): void;
  groupEnd(): void;
  count(label?: string): void;
  countReset(label?: string): void;
  time(label?: string): void;
  timeLog(label?: string, ...values: unknown[]): void;
  timeEnd(label?: string): void;
}
/** Writes to the platform's log (`cap:log.emit`). */
declare var console: Console;

//@ atob btoa
declare function atob(data: string): string;
declare function btoa(data: string): string;

//@ queueMicrotask
declare function queueMicrotask(callback: () => void): void;

//@ performance
interface Performance {
  /** Milliseconds. */
  now(): number;
  readonly timeOrigin: number;
}
declare var performance: Performance;

//@ DOMException
interface DOMException extends Error {
  readonly name: string;
  readonly message: string;
  readonly code: number;
}
declare var DOMException: {
  prototype: DOMException;
  new (message?: string, name?: string): DOMException;
};

//@ TextEncoder
interface TextEncoder {
  readonly encoding: string;
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}
declare var TextEncoder: { prototype: TextEncoder; new (): TextEncoder };

//@ TextDecoder
interface TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBufferLike | ArrayBufferView | null, options?: { stream?: boolean }): string;
}
declare var TextDecoder: {
  prototype: TextDecoder;
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};

//@ URLSearchParams
interface URLSearchParams extends Iterable<[string, string]> {
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(callback: (value: string, key: string, parent: URLSearchParams) => void, self?: unknown): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
  toString(): string;
}
declare var URLSearchParams: {
  prototype: URLSearchParams;
  new (init?: string | Iterable<[string, string]> | string[][] | Record<string, string> | URLSearchParams): URLSearchParams;
};

//@ URL URLSearchParams
interface URL {
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  username: string;
  toJSON(): string;
  toString(): string;
}
declare var URL: {
  prototype: URL;
  new (url: string | URL, base?: string | URL): URL;
  canParse(url: string | URL, base?: string | URL): boolean;
  parse(url: string | URL, base?: string | URL): URL | null;
};

//@ setTimeout clearTimeout
/** Waits really, at most until the call's deadline. */
declare function setTimeout<Arguments extends unknown[]>(callback: (...given: Arguments) => void, milliseconds?: number, ...given: Arguments): number;
declare function clearTimeout(timer: number | undefined): void;

//@ setInterval clearInterval
declare function setInterval<Arguments extends unknown[]>(callback: (...given: Arguments) => void, milliseconds?: number, ...given: Arguments): number;
declare function clearInterval(timer: number | undefined): void;

//@ structuredClone
declare function structuredClone<T>(value: T, options?: { transfer?: unknown[] }): T;

//@ crypto
interface CryptoKey {
  readonly type: 'secret' | 'private' | 'public';
  readonly extractable: boolean;
}
/** Hashes, and HMAC with keys made of their bytes: what a component has of it. */
interface SubtleCrypto {
  digest(algorithm: string | { name: string }, bytes: ArrayBufferLike | ArrayBufferView): Promise<ArrayBuffer>;
  importKey(format: 'raw', bytes: ArrayBufferLike | ArrayBufferView, algorithm: { name: 'HMAC'; hash: string | { name: string } }, extractable: boolean, usages: readonly ('sign' | 'verify')[]): Promise<CryptoKey>;
  sign(algorithm: 'HMAC' | { name: 'HMAC' }, key: CryptoKey, bytes: ArrayBufferLike | ArrayBufferView): Promise<ArrayBuffer>;
  verify(algorithm: 'HMAC' | { name: 'HMAC' }, key: CryptoKey, signature: ArrayBufferLike | ArrayBufferView, bytes: ArrayBufferLike | ArrayBufferView): Promise<boolean>;
}
interface Crypto {
  readonly subtle: SubtleCrypto;
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
}
declare var crypto: Crypto;

//@ Event EventTarget AbortController
interface Event {
  readonly type: string;
  readonly target: EventTarget | null;
  readonly currentTarget: EventTarget | null;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly defaultPrevented: boolean;
  readonly timeStamp: number;
  preventDefault(): void;
  stopPropagation(): void;
  stopImmediatePropagation(): void;
}
declare var Event: {
  prototype: Event;
  new (type: string, init?: { bubbles?: boolean; cancelable?: boolean; composed?: boolean }): Event;
};

//@ EventTarget Event AbortController
declare namespace AlgaExt {
  type EventListener = ((event: Event) => void) | { handleEvent(event: Event): void };
}
interface EventTarget {
  addEventListener(type: string, listener: AlgaExt.EventListener | null, options?: boolean | { once?: boolean; passive?: boolean; capture?: boolean; signal?: AbortSignal }): void;
  removeEventListener(type: string, listener: AlgaExt.EventListener | null, options?: boolean | { capture?: boolean }): void;
  dispatchEvent(event: Event): boolean;
}
declare var EventTarget: { prototype: EventTarget; new (): EventTarget };

//@ AbortController AbortSignal EventTarget Event
interface AbortSignal extends EventTarget {
  readonly aborted: boolean;
  readonly reason: any;
  onabort: ((this: AbortSignal, event: Event) => any) | null;
  throwIfAborted(): void;
}
declare var AbortSignal: {
  prototype: AbortSignal;
  abort(reason?: unknown): AbortSignal;
  any(signals: Iterable<AbortSignal>): AbortSignal;
  timeout(milliseconds: number): AbortSignal;
};
interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare var AbortController: { prototype: AbortController; new (): AbortController };

//@ Blob
declare namespace AlgaExt {
  type BlobPart = ArrayBufferLike | ArrayBufferView | Blob | string;
}
interface Blob {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  slice(start?: number, end?: number, type?: string): Blob;
  text(): Promise<string>;
}
declare var Blob: { prototype: Blob; new (parts?: AlgaExt.BlobPart[], options?: { type?: string }): Blob };

//@ File Blob
interface File extends Blob {
  readonly name: string;
  readonly lastModified: number;
}
declare var File: {
  prototype: File;
  new (parts: AlgaExt.BlobPart[], name: string, options?: { type?: string; lastModified?: number }): File;
};

//@ FormData Blob File
interface FormData extends Iterable<[string, File | string]> {
  append(name: string, value: string | Blob, filename?: string): void;
  delete(name: string): void;
  get(name: string): File | string | null;
  getAll(name: string): (File | string)[];
  has(name: string): boolean;
  set(name: string, value: string | Blob, filename?: string): void;
  forEach(callback: (value: File | string, key: string, parent: FormData) => void, self?: unknown): void;
  entries(): IterableIterator<[string, File | string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<File | string>;
  [Symbol.iterator](): IterableIterator<[string, File | string]>;
}
declare var FormData: { prototype: FormData; new (): FormData };

//@ Headers
declare namespace AlgaExt {
  type HeadersInit = Headers | Iterable<[string, string]> | string[][] | Record<string, string>;
}
interface Headers extends Iterable<[string, string]> {
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  forEach(callback: (value: string, key: string, parent: Headers) => void, self?: unknown): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
declare var Headers: { prototype: Headers; new (init?: AlgaExt.HeadersInit): Headers };

//@ fetch Headers Request Response AbortController Blob FormData URLSearchParams
declare namespace AlgaExt {
  type BodyInit = ArrayBufferLike | ArrayBufferView | Blob | FormData | URLSearchParams | string;
  interface RequestInit {
    method?: string;
    headers?: HeadersInit;
    body?: BodyInit | null;
    signal?: AbortSignal | null;
    /** The platform follows no redirect; `fetch` itself does, at most 20. */
    redirect?: 'follow' | 'error' | 'manual';
  }
  interface ResponseInit {
    status?: number;
    statusText?: string;
    headers?: HeadersInit;
  }
  // Beside the library `DOM`, the names stand for its own.
  type OwnRequestInit = typeof globalThis extends { onmessage: any } ? {} : RequestInit;
  type OwnResponseInit = typeof globalThis extends { onmessage: any } ? {} : ResponseInit;
}
interface RequestInit extends AlgaExt.OwnRequestInit {}
interface ResponseInit extends AlgaExt.OwnResponseInit {}
interface Body {
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  formData(): Promise<FormData>;
  json(): Promise<any>;
  text(): Promise<string>;
}
interface Request extends Body {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly redirect: 'follow' | 'error' | 'manual';
  clone(): Request;
}
declare var Request: { prototype: Request; new (input: string | URL | Request, init?: RequestInit): Request };
interface Response extends Body {
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly redirected: boolean;
  readonly type: 'basic' | 'cors' | 'default' | 'error' | 'opaque' | 'opaqueredirect';
  readonly url: string;
  clone(): Response;
}
declare var Response: {
  prototype: Response;
  new (body?: AlgaExt.BodyInit | null, init?: ResponseInit): Response;
  error(): Response;
  json(value: unknown, init?: ResponseInit): Response;
  redirect(url: string | URL, status?: number): Response;
};
/** Over `alga:extension/http` (`cap:http.fetch`). */
declare function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;

//@ CustomEvent Event
interface CustomEvent<T = any> extends Event {
  readonly detail: T;
}
declare var CustomEvent: {
  prototype: CustomEvent;
  new <T>(type: string, init?: { bubbles?: boolean; cancelable?: boolean; composed?: boolean; detail?: T }): CustomEvent<T>;
};
