import { jsonResponse, type Handler } from '@alga-psa/extension-runtime';
import { z } from 'zod';

const Ticket = z.object({
  title: z.string().trim().min(3).max(80),
  priority: z.enum(['low', 'high']).default('low'),
  contact: z.union([z.email(), z.object({ phone: z.string().regex(/^\+\d+$/) })]),
  due: z.coerce.date().optional(),
  tags: z.array(z.string()).max(3).transform((tags) => [...new Set(tags)]),
}).strict().refine(({ priority, due }) => priority !== 'high' || due, { message: 'what is urgent has a date', path: ['due'] });

export const handler: Handler = async ({ http }) => {
  const given: unknown = JSON.parse(new TextDecoder().decode(http.body ?? new Uint8Array()));
  const result = await Ticket.safeParseAsync(given);
  if (result.success) return jsonResponse(result.data, { status: 201 });
  const issues = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  return jsonResponse({ issues }, { status: 422 });
};
