import { jsonResponse, type Handler } from '@alga-psa/extension-runtime';
import { addMonths, differenceInBusinessDays, eachWeekOfInterval, endOfMonth, formatDistance, formatISO, isValid, parseISO } from 'date-fns';
import { de } from 'date-fns/locale';

export const handler: Handler = ({ http }) => {
  const params = new URLSearchParams(http.url.split('?')[1]);
  const from = parseISO(params.get('from') ?? '');
  if (!isValid(from)) return jsonResponse({ error: 'from is no date' }, { status: 400 });
  const to = endOfMonth(addMonths(from, Number(params.get('months') ?? 1)));
  return jsonResponse({
    to: formatISO(to, { representation: 'date' }),
    weeks: eachWeekOfInterval({ start: from, end: to }, { weekStartsOn: 1 }).length,
    businessDays: differenceInBusinessDays(to, from),
    words: formatDistance(to, from, { addSuffix: true }),
    german: formatDistance(to, from, { locale: de }),
  });
};
