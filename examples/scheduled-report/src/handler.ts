import { jsonResponse, type ExecuteResponse, type Handler, type HostBindings } from '@alga-psa/extension-runtime';
import { csv, portfolio, type Report } from './portfolio';

const SCHEDULE = { name: 'Weekly portfolio', endpoint: 'POST /jobs/portfolio', cron: '0 6 * * 1', timezone: 'UTC' };
const PLACE = { namespace: 'reports', key: 'latest' };

/** Counts clients and services every Monday morning and keeps the count, as JSON and CSV. */
export const handler: Handler = async (request, host) => {
  const [path = '/'] = request.http.url.split('?');
  switch (`${request.http.method} ${path}`) {
    case 'POST /setup':
      return setup(host);
    case 'POST /jobs/portfolio':
      return run(host);
    case 'GET /reports/latest':
      return latest(host, (report) => jsonResponse(report));
    case 'GET /reports/latest.csv':
      return latest(host, (report) => ({
        status: 200,
        headers: [{ name: 'content-type', value: 'text/csv; charset=utf-8' }],
        body: new TextEncoder().encode(csv(report)),
      }));
    default:
      return jsonResponse({ error: `no endpoint ${request.http.method} ${path}` }, { status: 404 });
  }
};

/** Makes the schedule unless it is there: calling it again after an update does no harm. */
async function setup(host: HostBindings) {
  const existing = (await host.scheduler.list()).find(({ name }) => name === SCHEDULE.name);
  if (existing) return jsonResponse({ id: existing.id, made: false });
  const { success, scheduleId, error, fieldErrors } = await host.scheduler.create(SCHEDULE);
  if (!success) return jsonResponse({ error, fields: fieldErrors }, { status: 400 });
  return jsonResponse({ id: scheduleId, made: true }, { status: 201 });
}

/** The job. The platform promises at least one run, perhaps two: writing one key twice is harmless. */
async function run(host: HostBindings) {
  const report = await portfolio(host, new Date());
  await host.storage.put({ ...PLACE, value: new TextEncoder().encode(JSON.stringify(report)) });
  await host.logging.info(`portfolio: ${report.clients} clients, ${report.services} services`);
  return jsonResponse(report);
}

async function latest(host: HostBindings, show: (report: Report) => ExecuteResponse) {
  const value = await host.storage.get(PLACE.namespace, PLACE.key);
  if (!value) return jsonResponse({ error: 'no report yet: the job has not run' }, { status: 404 });
  return show(JSON.parse(new TextDecoder().decode(value)) as Report);
}
