// The user as the SDK shows it.

/** The user with `additionalFields` as an object; the platform sends a list of pairs. */
export function normalizeUserData(user) {
  const { clientId, additionalFields, ...rest } = user;
  const normalized = { ...rest, additionalFields: fieldsOf(additionalFields) };
  if (clientId !== undefined && clientId !== null) normalized.clientId = clientId;
  return normalized;
}

/** The same of a record that nobody else has: it is changed, as copies cost more than the call of the platform. */
export function normalizeOwn(user) {
  const { clientId } = user;
  user.additionalFields = fieldsOf(user.additionalFields);
  delete user.clientId;
  if (clientId !== undefined && clientId !== null) user.clientId = clientId;
  return user;
}

function fieldsOf(fields) {
  if (fields === undefined || fields === null || fields.length === 0) return {};
  return Array.isArray(fields) ? Object.fromEntries(fields) : { ...fields };
}
