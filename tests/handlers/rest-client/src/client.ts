/** A client of a REST service that speaks JSON. */

export interface Options {
  base: string;
  token: string;
  /** Milliseconds for one try. */
  timeout?: number;
  /** Tries in all. */
  tries?: number;
  /** Milliseconds before the second try, doubled before each one after. */
  pause?: number;
}

/** What the service answered instead of what was asked for. */
export class ServiceError extends Error {
  constructor(readonly status: number, readonly problem: unknown, readonly tries: number) {
    super(`the service answered ${status}`);
    this.name = 'ServiceError';
  }
}

/** Statuses that another try may change. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

export class Client {
  readonly #options: Required<Options>;
  /** How many requests were sent. */
  sent = 0;

  constructor(options: Options) {
    this.#options = { timeout: 2_000, tries: 3, pause: 5, ...options };
  }

  get<T>(path: string, query: Record<string, string> = {}, signal?: AbortSignal): Promise<T> {
    const search = new URLSearchParams(query);
    return this.#request<T>('GET', search.size > 0 ? `${path}?${search}` : path, undefined, signal);
  }

  post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    return this.#request<T>('POST', path, body, signal);
  }

  async #request<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    const { base, tries, pause } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#once(method, new URL(path, base), body, signal).catch((error: unknown) => {
        // What the platform forbids, and what the caller gave up, stays so.
        const code = error instanceof Error && (error.cause as { code?: string } | undefined)?.code;
        if (signal?.aborted || code === 'not-allowed' || attempt === tries) throw error;
        return null;
      });
      if (response?.ok) return await this.#read<T>(response);
      if (response && (attempt === tries || !PASSING.has(response.status))) {
        const problem: unknown = await response.json().catch(() => null);
        throw new ServiceError(response.status, problem, attempt);
      }
      const seconds = Number(response?.headers.get('retry-after') ?? Number.NaN);
      await sleep(Number.isFinite(seconds) ? seconds * 1_000 : pause * 2 ** (attempt - 1));
    }
  }

  async #once(method: string, url: URL, body: unknown, signal?: AbortSignal): Promise<Response> {
    const { token, timeout } = this.#options;
    const headers = new Headers({ accept: 'application/json', authorization: `Bearer ${token}` });
    if (body !== undefined) headers.set('content-type', 'application/json');
    const time = AbortSignal.timeout(timeout);
    this.sent++;
    return fetch(url, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, time]) : time,
    });
  }

  async #read<T>(response: Response): Promise<T> {
    const text = await response.text();
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new SyntaxError(`${response.url} answered something else than JSON: ${text.slice(0, 20)}`, { cause });
    }
  }
}
