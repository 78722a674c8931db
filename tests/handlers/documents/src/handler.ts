import { jsonResponse, type Handler } from '@alga-psa/extension-runtime';
import { marked } from 'marked';
import Papa from 'papaparse';

interface Row {
  client: string;
  hours: number;
}

export const handler: Handler = ({ http }) => {
  const text = new TextDecoder().decode(http.body ?? new Uint8Array());
  if (http.url.startsWith('/page')) {
    const html = marked.parse(text, { async: false });
    return { status: 200, headers: [{ name: 'content-type', value: 'text/html' }], body: new TextEncoder().encode(html) };
  }
  const { data, errors } = Papa.parse<Row>(text, { header: true, dynamicTyping: true, skipEmptyLines: true });
  if (errors.length > 0) return jsonResponse({ errors: errors.map(({ message }) => message) }, { status: 400 });
  const sums = new Map<string, number>();
  for (const { client, hours } of data) sums.set(client, (sums.get(client) ?? 0) + hours);
  const rows = [...sums].map(([client, hours]) => ({ client, hours }));
  return jsonResponse({ rows, csv: Papa.unparse(rows) });
};
