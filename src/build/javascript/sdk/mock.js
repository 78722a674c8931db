// Host bindings for tests: what reads gives nothing, what must answer throws.

const missing = (name) => async () => { throw new Error(`mock ${name} not implemented`); };
const none = async () => null;
const empty = async () => [];
const page = async (input = {}) => ({ items: [], totalCount: 0, page: input?.page ?? 1, pageSize: input?.pageSize ?? 25 });

const defaults = () => ({
  context: { get: async () => ({ tenantId: 'tenant-mock', extensionId: 'extension-mock', requestId: 'req-mock' }) },
  secrets: { get: missing('secrets.get'), list: empty },
  http: { fetch: missing('http.fetch') },
  storage: { get: none, put: async () => {}, delete: async () => {}, list: empty },
  logging: {
    info: async (message) => { console.info('[mock logging]', message); },
    warn: async (message) => { console.warn('[mock logging]', message); },
    error: async (message) => { console.error('[mock logging]', message); },
  },
  uiProxy: { callRoute: missing('uiProxy.callRoute'), call: missing('uiProxy.call') },
  scheduler: {
    list: empty,
    get: none,
    create: missing('scheduler.create'),
    update: missing('scheduler.update'),
    delete: missing('scheduler.delete'),
    getEndpoints: empty,
  },
  invoicing: { createManualInvoice: missing('invoicing.createManualInvoice') },
  user: {
    getUser: async () => ({
      tenantId: 'tenant-mock',
      clientName: 'Mock Client',
      userId: 'user-mock',
      userEmail: 'mock@example.com',
      userName: 'Mock User',
      userType: 'client',
      additionalFields: {},
    }),
  },
  clients: { list: page, get: none },
  services: { list: page, get: none },
});

/** Host bindings that do nothing, with some of them replaced; groups are merged one by one. */
export function createMockHostBindings(overrides = {}) {
  const bindings = defaults();
  for (const [group, given] of Object.entries(overrides)) bindings[group] = { ...bindings[group], ...given };
  // Whichever of the two names is given serves for both.
  const { callRoute, call } = overrides.uiProxy ?? {};
  if (callRoute && !call) bindings.uiProxy.call = callRoute.bind(bindings.uiProxy);
  if (call && !callRoute) bindings.uiProxy.callRoute = call.bind(bindings.uiProxy);
  return bindings;
}
