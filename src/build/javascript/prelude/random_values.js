// crypto.getRandomValues and crypto.randomUUID (Web Cryptography), from the platform's secure randomness.

import { getRandomBytes } from 'wasi:random/random@0.2.0';
import { crypto } from 'alga-ext:prelude/crypto';
import { isLive } from 'alga-ext:prelude/instance';

const QUOTA = 65536;

function draw(count, asker) {
  // A secret that lies in the component is none: everyone who has the bundle could read it.
  if (!isLive()) {
    throw new Error(`\`crypto.${asker}\` is called while the source is loaded: what it draws would be the same for everybody; call it inside \`handler\``);
  }
  return getRandomBytes(count);
}

crypto.getRandomValues = function getRandomValues(array) {
  if (!ArrayBuffer.isView(array) || array instanceof DataView || /^Float/.test(array[Symbol.toStringTag])) {
    throw new DOMException('crypto.getRandomValues fills a typed array of integers', 'TypeMismatchError');
  }
  const { buffer, byteOffset, byteLength } = array;
  if (byteLength > QUOTA) {
    throw new DOMException(`crypto.getRandomValues fills at most ${QUOTA} bytes at once, not ${byteLength}`, 'QuotaExceededError');
  }
  if (byteLength > 0) new Uint8Array(buffer, byteOffset, byteLength).set(draw(byteLength, 'getRandomValues'));
  return array;
};

crypto.randomUUID = function randomUUID() {
  const bytes = draw(16, 'randomUUID');
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};
