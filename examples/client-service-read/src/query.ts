/** The parameters of a query, decoded; the last of a name counts, as it does for the platform. */
export type Query = Record<string, string | undefined>;

export function query(text: string): Query {
  const found: Query = {};
  for (const pair of text.split('&').filter(Boolean)) {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    found[decoded(name)] = decoded(value);
  }
  return found;
}

/** What both lists take: `search`, `page` from 1, `pageSize` up to 100. */
export function pageOf({ search, page, pageSize }: Query) {
  return {
    ...(search ? { search } : {}),
    ...(page ? { page: whole(page) } : {}),
    ...(pageSize ? { pageSize: whole(pageSize) } : {}),
  };
}

/** A number the platform can judge: what is none becomes 0, which it refuses. */
function whole(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
