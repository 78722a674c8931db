/** What the page sends. */
export interface Draft {
  clientId: string;
  serviceId: string;
  quantity: number;
  description?: string;
  poNumber?: string;
}

/** Reads a draft; nothing when a member is missing or of another type. The platform judges ids and amounts. */
export function draft(body: Uint8Array | null | undefined): Draft | undefined {
  let sent: Record<string, unknown>;
  try {
    sent = Object(JSON.parse(new TextDecoder().decode(body ?? new Uint8Array())));
  } catch {
    return undefined;
  }
  const { clientId, serviceId, quantity } = sent;
  if (typeof clientId !== 'string' || typeof serviceId !== 'string' || typeof quantity !== 'number') return undefined;
  const description = text(sent.description);
  const poNumber = text(sent.poNumber);
  return { clientId, serviceId, quantity, ...(description && { description }), ...(poNumber && { poNumber }) };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
