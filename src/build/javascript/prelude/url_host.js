// Hosts of URLs (WHATWG URL, 3): domains, IPv4 and IPv6 addresses. Each function gives null for what is none.

import { domainToAscii } from 'alga-ext:prelude/url_domain';
import { encodeControls, percentDecode } from 'alga-ext:prelude/url_percent';

/** A host, serialized. */
export function parseHost(text, isSpecial) {
  if (text.startsWith('[')) {
    const pieces = text.endsWith(']') ? parseIPv6(text.slice(1, -1)) : null;
    return pieces && `[${writeIPv6(pieces)}]`;
  }
  if (!isSpecial) return /[\0\t\n\r #/:<>?@[\\\]^|]/.test(text) ? null : encodeControls(text);
  const domain = domainToAscii(percentDecode(text));
  // Controls, and what ends a host or could be read as something else.
  if (!domain || /[\0-\x20#%/:<>?@[\\\]^|\x7f]/.test(domain)) return null;
  return /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/.test(domain) ? parseIPv4(domain) : domain;
}

function parseIPv4(text) {
  const parts = text.replace(/\.$/, '').split('.');
  if (parts.length > 4) return null;
  let address = 0;
  for (const [index, part] of parts.entries()) {
    const value = /^0x[\da-f]*$/.test(part) ? Number(part === '0x' ? 0 : part)
      : /^0[0-7]+$/.test(part) ? parseInt(part, 8)
      : /^(?:0|[1-9]\d*)$/.test(part) ? Number(part) : NaN;
    const places = index === parts.length - 1 ? 5 - parts.length : 1;
    if (!(value < 256 ** places)) return null;
    address = address * 256 ** places + value;
  }
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

function parseIPv6(text) {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [front, back] = halves.map((half, index) => pieces(half, index === halves.length - 1));
  if (!front || back === null) return null;
  if (!back) return front.length === 8 ? front : null;
  const missing = 8 - front.length - back.length;
  return missing < 1 ? null : [...front, ...Array(missing).fill(0), ...back];
}

function pieces(text, isLast) {
  if (text === '') return [];
  const list = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(part);
    if (ipv4 && isLast && index === parts.length - 1) {
      const [a, b, c, d] = ipv4.slice(1).map((byte) => (/^0.|^25[6-9]|^2[6-9]|^[3-9]../.test(byte) ? NaN : Number(byte)));
      if (Number.isNaN(a + b + c + d)) return null;
      list.push(a * 256 + b, c * 256 + d);
    } else if (/^[\da-f]{1,4}$/i.test(part)) list.push(parseInt(part, 16));
    else return null;
  }
  return list;
}

/** The address with its first longest run of zeros left out. */
function writeIPv6(list) {
  const text = list.map((piece) => piece.toString(16)).join(':');
  const runs = text.match(/\b0(?::0\b)+/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (!longest) return text;
  const at = text.search(new RegExp(`\\b${longest}\\b`));
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}
