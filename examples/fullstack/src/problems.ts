/** What the caller did wrong, or came too late for. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const NOTE_LIMIT = 500;
const QUANTITY_LIMIT = 100;

/** What a client asks for. */
export function wish(body: unknown): { productId: string; quantity: number; note: string } {
  const { productId, quantity, note = '' } = members(body);
  if (typeof productId !== 'string') throw new Problem(400, 'choose a product');
  if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > QUANTITY_LIMIT) {
    throw new Problem(400, `order 1 to ${QUANTITY_LIMIT} pieces`);
  }
  return { productId, quantity, note: text(note, 'note') };
}

/** Why the team declines. */
export function decision(body: unknown): { reason: string } {
  const reason = text(members(body).reason ?? '', 'reason');
  if (reason === '') throw new Problem(400, 'say why: the client reads it');
  return { reason };
}

function members(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null) throw new Problem(400, 'send a JSON object');
  return body as Record<string, unknown>;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.trim().length > NOTE_LIMIT) {
    throw new Problem(400, `the ${what} is a text of at most ${NOTE_LIMIT} characters`);
  }
  return value.trim();
}
