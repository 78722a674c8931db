import * as platform from 'alga:extension/scheduler';
import { later, orNull } from 'alga-ext:sdk/host/bindings';

/** JSON text in the platform's records is a value in the SDK's. What is no JSON stays text. */
function parsed(text) {
  if (text === undefined || text === null) return text;
  try { return JSON.parse(text); } catch { return text; }
}

const written = (value) => (value === undefined ? null : JSON.stringify(value));

const schedule = (info) => info && { ...info, payload: parsed(info.payload) };

/** Absent fields are undefined, as the SDK types them. */
function result({ success, scheduleId, error, fieldErrors }) {
  const shown = { success };
  if (orNull(scheduleId) !== null) shown.scheduleId = scheduleId;
  if (orNull(error) !== null) shown.error = error;
  if (orNull(fieldErrors) !== null) shown.fieldErrors = parsed(fieldErrors);
  return shown;
}

const fields = (input) => ({
  endpoint: orNull(input.endpoint),
  cron: orNull(input.cron),
  timezone: orNull(input.timezone),
  enabled: orNull(input.enabled),
  name: orNull(input.name),
});

export const scheduler = {
  list: later(() => platform.listSchedules().map(schedule)),
  get: later((id) => schedule(platform.getSchedule(id))),
  create: later((input) => result(platform.createSchedule({
    ...fields(input),
    payload: input.payload === null ? null : written(input.payload),
  }))),
  // A payload of null clears; the platform reads it as the JSON text `null`.
  update: later((id, input) => result(platform.updateSchedule(id, {
    ...fields(input),
    payload: written(input.payload),
  }))),
  delete: later((id) => result(platform.deleteSchedule(id))),
  getEndpoints: later(() => platform.getEndpoints()),
};
