// URL (WHATWG URL, 4 and 6). The standard's machine looks at one character after the other; here the text is cut where
// its states change, which an interpreter does faster.

import { parseHost } from 'alga-ext:prelude/url_host';
import {
  encodeControls, encodeFragment, encodePath, encodeQuery, encodeSpecialQuery, encodeUser,
} from 'alga-ext:prelude/url_percent';
import { bind, refill } from 'alga-ext:prelude/search_params';

const PORTS = { 'ftp': 21, 'file': null, 'http': 80, 'https': 443, 'ws': 80, 'wss': 443 };

const isSpecial = (url) => Object.hasOwn(PORTS, url.scheme);
const isOpaque = (url) => typeof url.path === 'string';
const scalar = (value) => String(value).toWellFormed();
const clean = (text) => text.replace(/[\t\n\r]+/g, '');
/** Begins with a drive of Windows. */
const hasDrive = (text) => /^[a-z][:|](?:$|[/\\])/i.test(text);
const encodeQueryOf = (url, text) => (isSpecial(url) ? encodeSpecialQuery : encodeQuery)(text);

/** The parts of a URL, or null. Username, password, host, query and fragment are encoded; a path is a list or opaque. */
function parse(input, base) {
  let text = clean(input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, ''));
  const url = { scheme: '', username: '', password: '', host: null, port: null, path: [], query: null, fragment: null };
  const cut = (mark, encode) => {
    const at = text.indexOf(mark);
    if (at < 0) return null;
    const after = text.slice(at + 1);
    text = text.slice(0, at);
    return encode(after);
  };
  url.fragment = cut('#', encodeFragment);
  const query = cut('?', (after) => after);
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(text);
  if (scheme) {
    url.scheme = scheme[1].toLowerCase();
    text = text.slice(scheme[0].length);
  } else {
    if (!base) return null;
    if (isOpaque(base)) {
      return text === '' && query === null && url.fragment !== null ? { ...base, fragment: url.fragment } : null;
    }
    url.scheme = base.scheme;
  }
  if (query !== null) url.query = encodeQueryOf(url, query);
  const special = isSpecial(url);
  const isRelative = base && !isOpaque(base) && base.scheme === url.scheme && (!scheme || special);
  const slashes = special ? /^[/\\]*/.exec(text)[0].length : /^\/{0,2}/.exec(text)[0].length;
  if (url.scheme === 'file') return parseFile(url, text, slashes, isRelative ? base : null);
  if (slashes > 1 || (scheme && special && !isRelative)) return parseAuthority(url, text.slice(slashes), special);
  if (!isRelative) {
    if (slashes > 0) walk(url, text.slice(1));
    else url.path = encodeOpaque(url, text);
    return url;
  }
  const { username, password, host, port } = base;
  Object.assign(url, { username, password, host, port });
  if (slashes > 0) walk(url, text.slice(1));
  else follow(url, text, base);
  return url;
}

/** A path that goes on from the base's. */
function follow(url, text, base) {
  url.path = [...base.path];
  if (text === '') { url.query ??= base.query; return; }
  shorten(url);
  walk(url, text);
}

function parseFile(url, text, slashes, base) {
  url.host = '';
  if (slashes > 1) {
    const [, host] = /^([^/\\]*)/.exec(text.slice(2));
    // What looks like a host and is a drive belongs to the path.
    if (/^[a-z][:|]$/i.test(host)) walk(url, text.slice(2));
    else {
      url.host = host && parseHost(host, true);
      if (url.host === null) return null;
      if (url.host === 'localhost') url.host = '';
      walk(url, text.slice(2 + host.length).replace(/^[/\\]/, ''));
    }
    return url;
  }
  if (base) url.host = base.host;
  if (slashes === 1) {
    if (base && !hasDrive(text.slice(1)) && /^[a-z]:$/i.test(base.path[0])) url.path.push(base.path[0]);
    walk(url, text.slice(1));
  } else if (base && !hasDrive(text)) follow(url, text, base);
  else walk(url, text);
  return url;
}

function parseAuthority(url, text, special) {
  const end = text.search(special ? /[/\\]/ : /\//);
  let authority = end < 0 ? text : text.slice(0, end);
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    const [, username, password] = /^([^:]*):?(.*)$/su.exec(authority.slice(0, at));
    url.username = encodeUser(username);
    url.password = encodeUser(password);
    authority = authority.slice(at + 1);
    if (authority === '') return null;
  }
  const [host, port] = splitPort(authority);
  if (host === '' && (special || port !== null)) return null;
  url.host = host && parseHost(host, special);
  if (url.host === null || (port && !setPort(url, port, /^\d+$/))) return null;
  if (end >= 0 || special) walk(url, end < 0 ? '' : text.slice(end + 1));
  return url;
}

/** Host and port; no port is null. A colon in brackets belongs to the host. */
function splitPort(text) {
  const [host] = /^(?:\[[^\]]*\]?|[^:[])*/.exec(text);
  return [host, host.length < text.length ? text.slice(host.length + 1) : null];
}

function setPort(url, text, shape) {
  const digits = shape.exec(text)?.[0];
  if (!digits || Number(digits) > 65535) return false;
  const port = Number(digits);
  url.port = port === PORTS[url.scheme] ? null : port;
  return true;
}

/** Takes the path's last name away, but no drive. */
function shorten(url) {
  if (url.scheme !== 'file' || url.path.length !== 1 || !/^[a-z]:$/i.test(url.path[0])) url.path.pop();
}

/** Goes the segments of a path. */
function walk(url, text) {
  const segments = text.split(isSpecial(url) ? /[/\\]/ : '/');
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (/^(?:\.|%2e){2}$/i.test(segment)) {
      shorten(url);
      if (isLast) url.path.push('');
    } else if (/^(?:\.|%2e)$/i.test(segment)) {
      if (isLast) url.path.push('');
    } else if (url.scheme === 'file' && url.path.length === 0 && /^[a-z][:|]$/i.test(segment)) {
      url.path.push(`${segment[0]}:`);
    } else url.path.push(encodePath(segment));
  }
}

/** An opaque path; a space before the query or the fragment would be lost when the URL is read again. */
function encodeOpaque(url, text) {
  const path = encodeControls(text);
  return url.query === null && url.fragment === null ? path : path.replace(/ $/, '%20');
}

const pathOf = (url) => (isOpaque(url) ? url.path : url.path.map((name) => `/${name}`).join(''));
const hostOf = (url) => (url.host === null ? '' : url.port === null ? url.host : `${url.host}:${url.port}`);

function write(url) {
  let text = `${url.scheme}:`;
  if (url.host !== null) {
    text += '//';
    if (url.username || url.password) text += `${url.username}${url.password && `:${url.password}`}@`;
    text += hostOf(url);
  } else if (!isOpaque(url) && url.path.length > 1 && url.path[0] === '') text += '/.';
  text += pathOf(url);
  if (url.query !== null) text += `?${url.query}`;
  return url.fragment === null ? text : `${text}#${url.fragment}`;
}

function read(input, base) {
  if (base === undefined) return parse(scalar(input));
  const from = parse(scalar(base));
  return from && parse(scalar(input), from);
}

const nobody = (url) => !url.host || url.scheme === 'file';

export class URL {
  #url;
  #params = null;
  /** The parameters have changed since the query was written. */
  #isStale = false;

  constructor(input, base) {
    this.#url = read(input, base);
    if (this.#url) return;
    const text = `\`${String(input)}\` is not a valid URL`;
    const error = new TypeError(base === undefined ? text : `${text}, nor is it one relative to \`${String(base)}\``);
    throw Object.assign(error, { code: 'ERR_INVALID_URL', input: String(input) });
  }

  static canParse(input, base) { return read(input, base) !== null; }

  static parse(input, base) { return URL.canParse(input, base) ? new URL(input, base) : null; }

  #current() {
    if (this.#isStale) {
      this.#url.query = this.#params.toString() || null;
      this.#isStale = false;
    }
    return this.#url;
  }

  #refill() {
    this.#isStale = false;
    if (this.#params) refill(this.#params, this.#url.query ?? '');
  }

  get href() { return write(this.#current()); }

  set href(value) {
    const url = parse(scalar(value));
    if (!url) throw new TypeError(`\`${String(value)}\` is not a valid URL`);
    this.#url = url;
    this.#refill();
  }

  get origin() {
    const { scheme, path } = this.#url;
    if (scheme === 'blob') {
      const inner = isOpaque(this.#url) ? parse(path) : null;
      return inner && /^https?$/.test(inner.scheme) ? `${inner.scheme}://${hostOf(inner)}` : 'null';
    }
    return isSpecial(this.#url) && scheme !== 'file' ? `${scheme}://${hostOf(this.#url)}` : 'null';
  }

  get protocol() { return `${this.#url.scheme}:`; }

  set protocol(value) {
    const url = this.#url;
    const scheme = /^([a-z][a-z\d+.-]*):/i.exec(`${clean(scalar(value))}:`)?.[1].toLowerCase();
    if (!scheme || isSpecial({ scheme }) !== isSpecial(url)) return;
    if (scheme === 'file' && (url.username || url.password || url.port !== null)) return;
    if (url.scheme === 'file' && !url.host) return;
    url.scheme = scheme;
    if (url.port === PORTS[scheme]) url.port = null;
  }

  get username() { return this.#url.username; }

  set username(value) { if (!nobody(this.#url)) this.#url.username = encodeUser(scalar(value)); }

  get password() { return this.#url.password; }

  set password(value) { if (!nobody(this.#url)) this.#url.password = encodeUser(scalar(value)); }

  get host() { return hostOf(this.#url); }

  set host(value) { this.#setHost(value, true); }

  get hostname() { return this.#url.host ?? ''; }

  set hostname(value) { this.#setHost(value, false); }

  #setHost(value, withPort) {
    const url = this.#url;
    if (isOpaque(url)) return;
    const special = isSpecial(url);
    const [text] = (special ? /^[^/\\?#]*/ : /^[^/?#]*/).exec(clean(scalar(value)));
    const isFile = url.scheme === 'file';
    const [name, port] = isFile ? [text, null] : splitPort(text);
    if (port !== null && (name === '' || !withPort)) return;
    if (name === '' && !isFile && (special || url.username || url.password || url.port !== null)) return;
    const host = name && parseHost(name, special);
    if (host === null) return;
    url.host = isFile && host === 'localhost' ? '' : host;
    if (port) setPort(url, port, /^\d+/);
  }

  get port() { return String(this.#url.port ?? ''); }

  set port(value) {
    if (nobody(this.#url)) return;
    const text = clean(scalar(value));
    if (text === '') this.#url.port = null;
    else setPort(this.#url, text, /^\d+/);
  }

  get pathname() { return pathOf(this.#url); }

  set pathname(value) {
    const url = this.#url;
    if (isOpaque(url)) return;
    const text = clean(scalar(value));
    url.path = [];
    if (text !== '' || isSpecial(url) || url.host === null) walk(url, text.replace(isSpecial(url) ? /^[/\\]/ : /^\//, ''));
  }

  get search() {
    const { query } = this.#current();
    return query ? `?${query}` : '';
  }

  set search(value) {
    const text = clean(scalar(value).replace(/^\?/, ''));
    this.#url.query = String(value) === '' ? null : encodeQueryOf(this.#url, text);
    this.#refill();
  }

  get searchParams() {
    this.#params ??= bind(this.#url.query ?? '', () => { this.#isStale = true; });
    return this.#params;
  }

  get hash() {
    const { fragment } = this.#url;
    return fragment ? `#${fragment}` : '';
  }

  set hash(value) {
    const text = clean(scalar(value).replace(/^#/, ''));
    this.#url.fragment = String(value) === '' ? null : encodeFragment(text);
  }

  toString() { return this.href; }

  toJSON() { return this.href; }

  get [Symbol.toStringTag]() { return 'URL'; }
}

Object.defineProperty(globalThis, 'URL', { value: URL, writable: true, configurable: true });
