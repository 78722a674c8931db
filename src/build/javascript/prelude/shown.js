// What somebody gave, named in an error.

/** What a value is, in a few words. */
export function shown(value) {
  switch (typeof value) {
    case 'string': return value.length > 40 ? `a string of ${value.length} characters` : `the string ${JSON.stringify(value)}`;
    case 'number': case 'boolean': case 'undefined': return String(value);
    case 'bigint': return `${value}n`;
    case 'symbol': return 'a symbol';
    case 'function': return 'a function';
    default:
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const kind = value.constructor?.name;
  if (kind === 'Promise') return 'a promise';
  return kind && kind !== 'Object' ? `an object of ${kind}` : `an object with ${Object.keys(value).slice(0, 6).map((key) => `\`${key}\``).join(', ') || 'nothing in it'}`;
}
