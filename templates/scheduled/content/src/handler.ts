import { emptyResponse, jsonResponse, type ExecuteRequest, type Handler, type HostBindings } from '@alga-psa/extension-runtime';

/** The endpoint the schedules call. Only GET and POST endpoints without parameters can be scheduled. */
const JOB = 'POST /jobs/report';
const NAMESPACE = 'reports';

/** Called once for each request, by a person or by a schedule, in a fresh instance. */
export const handler: Handler = async (request, host) => {
  const { method } = request.http;
  const [path = '/'] = request.http.url.split('?');

  switch (`${method} ${path}`) {
    case 'GET /schedules':
      return jsonResponse({ schedules: await host.scheduler.list() });
    case 'POST /schedules':
      return schedule(request, host);
    case 'GET /reports':
      return jsonResponse({ reports: await reports(host) });
    case JOB:
      return report(request, host);
  }
  if (method === 'DELETE' && path.startsWith('/schedules/')) {
    const { success, error } = await host.scheduler.delete(path.slice('/schedules/'.length));
    return success ? emptyResponse() : jsonResponse({ error }, { status: 404 });
  }
  return jsonResponse({ error: `no endpoint ${method} ${path}` }, { status: 404 });
};

/** Makes a schedule for the job from `{"cron": "0 7 * * 1-5", "timezone"?, "title"?}`. */
async function schedule(request: ExecuteRequest, host: HostBindings) {
  const { cron, timezone, title } = members(request);
  if (typeof cron !== 'string') {
    return jsonResponse({ error: 'send {"cron": "<minute hour day month weekday>"}' }, { status: 400 });
  }
  const name = typeof title === 'string' ? title : 'Report';
  const made = await host.scheduler.create({
    endpoint: JOB,
    cron,
    name,
    timezone: typeof timezone === 'string' ? timezone : 'UTC',
    payload: { title: name },
  });
  if (!made.success) return jsonResponse({ error: made.error, fields: made.fieldErrors }, { status: 400 });
  return jsonResponse({ id: made.scheduleId }, { status: 201 });
}

/** The job. A schedule sends its payload as the body and no user; it may run twice, so the day is the key. */
async function report(request: ExecuteRequest, host: HostBindings) {
  const { title } = members(request);
  const at = new Date().toISOString();
  const schedules = await host.scheduler.list();
  const made = {
    day: at.slice(0, 10),
    title: typeof title === 'string' ? title : 'Report',
    schedules: schedules.filter(({ enabled }) => enabled).length,
    at,
  };
  await host.storage.put({ namespace: NAMESPACE, key: made.day, value: new TextEncoder().encode(JSON.stringify(made)) });
  await host.logging.info(`report for ${made.day} made`);
  return jsonResponse(made);
}

async function reports(host: HostBindings): Promise<unknown[]> {
  const entries = await host.storage.list(NAMESPACE);
  return entries.map(({ value }) => JSON.parse(new TextDecoder().decode(value)));
}

/** The members of a JSON object in the body; none when it holds anything else. */
function members(request: ExecuteRequest): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(request.http.body ?? new Uint8Array()));
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}
