// The user as the SDK shows it.

/** The user with `additionalFields` as an object; the platform sends a list of pairs. */
export function normalizeUserData(user) {
  const { clientId, additionalFields, ...rest } = user;
  const normalized = { ...rest, additionalFields: fieldsOf(additionalFields) };
  if (clientId !== undefined && clientId !== null) normalized.clientId = clientId;
  return normalized;
}

function fieldsOf(fields) {
  if (fields === undefined || fields === null) return {};
  return Array.isArray(fields) ? Object.fromEntries(fields) : { ...fields };
}
