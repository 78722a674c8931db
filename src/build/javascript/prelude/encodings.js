// What TextDecoder knows beside UTF-8: UTF-16 LE and windows-1252, which is what `latin1` means (WHATWG Encoding, 4.2).

import { encodings } from 'alga-ext:prelude/encoding';

const WINDOWS = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
const LEAD = /[\ud800-\udbff]$/;

function decodeUtf16(bytes, fatal) {
  const even = bytes.slice(0, bytes.length & ~1);
  const units = new Uint16Array(even.buffer);
  let text = '';
  for (let at = 0; at < units.length; at += 4096) text += String.fromCharCode(...units.subarray(at, at + 4096));
  const isOdd = even.length < bytes.length;
  if (fatal && (isOdd || !text.isWellFormed())) throw new TypeError('the bytes are not UTF-16');
  // Half a pair and half a unit at the end are one mistake.
  return isOdd ? `${text.replace(LEAD, '').toWellFormed()}\ufffd` : text.toWellFormed();
}

function unfinishedUtf16(bytes) {
  const odd = bytes.length & 1;
  const last = bytes.length - odd;
  return odd + (last > 0 && (bytes[last - 1] & 0xfc) === 0xd8 ? 2 : 0);
}

const decodeWindows = (bytes) => atob(bytes.toBase64()).replace(/[\x80-\x9f]/g, (byte) => WINDOWS[byte.charCodeAt(0) - 0x80]);

encodings.push(
  ['utf-16le', 'utf-16 ucs-2 unicode unicodefeff iso-10646-ucs-2 csunicode', decodeUtf16, unfinishedUtf16],
  ['windows-1252', 'latin1 l1 ascii us-ascii ansi_x3.4-1968 cp1252 x-cp1252 cp819 ibm819 csisolatin1 iso-8859-1 iso8859-1 '
    + 'iso88591 iso_8859-1 iso_8859-1:1987 iso-ir-100', decodeWindows, () => 0],
);
