// `Math.random` of the engine begins with a seed that lies in the snapshot: each instance would draw the same numbers.
// This one (xoshiro128**) is seeded by the platform when an instance first draws.

import { getRandomBytes } from 'wasi:random/random@0.2.0';
import { isLive, tell } from 'alga-ext:prelude/instance';

const frozen = Math.random;
let s0, s1, s2, s3;
let seeded = false;
let told = false;

function seed() {
  const bytes = getRandomBytes(16);
  const words = new DataView(bytes.buffer, bytes.byteOffset, 16);
  s0 = words.getUint32(0);
  s1 = words.getUint32(4);
  s2 = words.getUint32(8);
  s3 = words.getUint32(12) | 1;
  seeded = true;
}

function draw() {
  const result = Math.imul(s1, 5);
  const rotated = Math.imul((result << 7) | (result >>> 25), 9);
  const shifted = s1 << 9;
  s2 ^= s0;
  s3 ^= s1;
  s1 ^= s2;
  s0 ^= s3;
  s2 ^= shifted;
  s3 = (s3 << 11) | (s3 >>> 21);
  return rotated >>> 0;
}

Math.random = function random() {
  if (!isLive()) {
    if (!told) tell('random', new Error().stack);
    told = true;
    return frozen();
  }
  if (!seeded) seed();
  // 53 bits.
  return ((draw() >>> 5) * 67108864 + (draw() >>> 6)) / 9007199254740992;
};
