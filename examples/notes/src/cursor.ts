/**
 * Where a page of storage begins: after `key`. The platform does not tell an extension how a list goes on, but it takes
 * base64url of `{"key": …}` and answers the keys that come after.
 */
export function cursorAfter(key: string): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ key }));
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
