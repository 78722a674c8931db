import { jsonResponse, type Handler } from '@alga-psa/extension-runtime';

const BLOCK = 64;

async function sha256(...parts: Uint8Array[]): Promise<Uint8Array> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** HMAC (RFC 2104), from the digest alone. */
async function hmac(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const padded = new Uint8Array(BLOCK);
  padded.set(key.length > BLOCK ? await sha256(key) : key);
  const inner = await sha256(padded.map((byte) => byte ^ 0x36), message);
  return sha256(padded.map((byte) => byte ^ 0x5c), inner);
}

/** Compares without telling by its time where the difference is. */
function isSame(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  return difference === 0;
}

export const handler: Handler = async ({ http }, { secrets }) => {
  const sent = http.headers.find(({ name }) => name.toLowerCase() === 'x-signature')?.value ?? '';
  const body = http.body ?? new Uint8Array();
  const key = new TextEncoder().encode(await secrets.get('webhook'));
  const due = [...await hmac(key, body)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (!isSame(`sha256=${due}`, sent)) return jsonResponse({ error: 'the signature is not ours' }, { status: 401 });
  const { event } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as { event: string };
  return jsonResponse({ event });
};
