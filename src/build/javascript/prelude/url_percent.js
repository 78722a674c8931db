// Percent-encoding (WHATWG URL, 1.3). Texts are well formed.

import { decodeUtf8 } from 'alga-ext:prelude/utf8';

const hex = (character) => (character < '\x80'
  ? `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  : encodeURIComponent(character));
const encoder = (outside) => (text) => text.replace(outside, hex);

export const encodeControls = encoder(/[^\x20-\x7e]/gu);
export const encodeFragment = encoder(/[^\x21\x23-\x3b=\x3f-\x5f\x61-\x7e]/gu);
export const encodeQuery = encoder(/[^\x21\x24-\x3b=\x3f-\x7e]/gu);
export const encodeSpecialQuery = encoder(/[^\x21\x24-\x26\x28-\x3b=\x3f-\x7e]/gu);
export const encodePath = encoder(/[^\x21\x24-\x3b=@-\x5f\x61-\x7a|~]/gu);
export const encodeUser = encoder(/[^\x21\x24-\x2e\x30-\x39\x41-\x5a\x5f\x61-\x7a~]/gu);

/** The text that percent-encoded UTF-8 stands for; what is no UTF-8 becomes U+FFFD. */
export function percentDecode(text) {
  if (!text.includes('%')) return text;
  try { return decodeURIComponent(text); } catch { /* a lone `%`, or bytes that are not UTF-8 */ }
  // Each character stands for a byte: `%xx` for that one, any other for its own.
  const binary = unescape(encodeURIComponent(text)).replace(/%([\da-f]{2})/gi, (_, byte) => String.fromCharCode(parseInt(byte, 16)));
  return decodeUtf8(Uint8Array.from(binary, (character) => character.charCodeAt(0)), false);
}
