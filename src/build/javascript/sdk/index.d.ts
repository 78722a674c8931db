// The types of `@alga-psa/extension-runtime` as sdk/*.js is: the body of the module's declaration.

/** One header line. Names keep the case they were written in. */
export interface HttpHeader {
  name: string;
  value: string;
}

/** Where a call comes from. */
export interface ContextData {
  /** Identifies this call in logs. */
  requestId?: string | null | undefined;
  tenantId: string;
  extensionId: string;
  /** The tenant's installation of the extension; storage, schedules and invoices hang on it. */
  installId?: string | null | undefined;
  versionId?: string | null | undefined;
  /** Never there: the platform sends identifiers only. Settings belong into secrets or storage. */
  config?: Record<string, string>;
}

/** A request: what the handler receives, and what `host.http.fetch` sends. */
export interface HttpRequest {
  method: string;
  /** A path with its query when it reaches the handler; an absolute URL for `host.http.fetch`. */
  url: string;
  headers: HttpHeader[];
  body?: Uint8Array | null | undefined;
}

export interface HttpResponse {
  status: number;
  headers: HttpHeader[];
  body?: Uint8Array | null | undefined;
}

/** What the handler is called with. */
export interface ExecuteRequest {
  context: ContextData;
  http: HttpRequest;
}

/** What the handler answers. */
export interface ExecuteResponse {
  status: number;
  headers?: HttpHeader[] | undefined;
  body?: Uint8Array | null | undefined;
}

/**
 * What the platform calls, once for each request, in a fresh instance. Export it as `handler`; the host bindings that
 * it mentions are the ones that the component imports.
 */
export type Handler = (request: ExecuteRequest, host: HostBindings) => ExecuteResponse | Promise<ExecuteResponse>;

/** `cap:secrets.get` */
export interface SecretsHost {
  /** Rejects with `code` `missing`, `denied`, `expired` or `internal`. */
  get(key: string): Promise<string>;
  list(): Promise<string[]>;
}

/** `cap:http.fetch`; redirects are returned, not followed. */
export interface HttpHost {
  /** Rejects with `code` `invalid-url`, `not-allowed`, `transport` or `internal`. */
  fetch(request: HttpRequest): Promise<HttpResponse>;
}

/** `cap:storage.kv`. Rejects with `code` `conflict`, `denied` or `internal`. */
export interface StorageHost {
  /** The value, or null when there is none. */
  get(namespace: string, key: string): Promise<Uint8Array | null>;
  /** With a revision only if that one still stands; `conflict` otherwise. */
  put(entry: { namespace: string; key: string; value: Uint8Array; revision?: number | null | undefined }): Promise<void>;
  delete(namespace: string, key: string): Promise<void>;
  /** One page of at most 25 entries in key order. */
  list(namespace: string, cursor?: string | null): Promise<Array<{ key: string; value: Uint8Array; revision?: number | null }>>;
}

/** `cap:log.emit` */
export interface LoggingHost {
  info(message: string): Promise<void>;
  warn(message: string): Promise<void>;
  error(message: string): Promise<void>;
}

/** `cap:ui.proxy`: the platform's own routes, GET without a payload, POST with one. */
export interface UiProxyHost {
  /** Rejects with `code` `route-not-found`, `denied`, `bad-request` or `internal`. */
  callRoute(route: string, payload?: Uint8Array | null): Promise<Uint8Array>;
  /** The older name. */
  call?(route: string, payload?: Uint8Array | null): Promise<Uint8Array>;
}

export interface ScheduleInfo {
  id: string;
  endpointPath: string;
  endpointMethod: string;
  name?: string | null;
  /** Five fields. */
  cron: string;
  /** IANA name. */
  timezone: string;
  enabled: boolean;
  /** Sent as the body of each call. */
  payload?: unknown;
  lastRunAt?: string | null;
  lastRunStatus?: string | null;
  lastError?: string | null;
  createdAt?: string | null;
}

export interface EndpointInfo {
  id: string;
  method: string;
  path: string;
  handler: string;
  /** GET or POST without path parameters. */
  schedulable: boolean;
}

export interface CreateScheduleInput {
  /** `METHOD /path`, or `/path` alone. */
  endpoint: string;
  /** Five fields: minute, hour, day, month, weekday. */
  cron: string;
  /** IANA name; UTC when absent. */
  timezone?: string | undefined;
  enabled?: boolean | undefined;
  name?: string | undefined;
  /** An object or an array. */
  payload?: unknown;
}

export interface CreateScheduleResult {
  success: boolean;
  scheduleId?: string;
  error?: string;
  fieldErrors?: Record<string, string>;
}

/** What is absent stays as it is. */
export interface UpdateScheduleInput {
  endpoint?: string | undefined;
  cron?: string | undefined;
  timezone?: string | undefined;
  enabled?: boolean | undefined;
  name?: string | null | undefined;
  /** Null clears. */
  payload?: unknown;
}

export interface UpdateScheduleResult {
  success: boolean;
  error?: string;
  fieldErrors?: Record<string, string>;
}

export interface DeleteScheduleResult {
  success: boolean;
  error?: string;
}

/** `cap:scheduler.manage` */
export interface SchedulerHost {
  list(): Promise<ScheduleInfo[]>;
  get(scheduleId: string): Promise<ScheduleInfo | null>;
  create(input: CreateScheduleInput): Promise<CreateScheduleResult>;
  update(scheduleId: string, input: UpdateScheduleInput): Promise<UpdateScheduleResult>;
  delete(scheduleId: string): Promise<DeleteScheduleResult>;
  getEndpoints(): Promise<EndpointInfo[]>;
}

export interface ManualInvoiceItemInput {
  serviceId: string;
  quantity: number;
  description: string;
  /** Minor units of the currency; per cent for a percentage discount. */
  rate: number;
  isDiscount?: boolean | undefined;
  discountType?: 'percentage' | 'fixed' | undefined;
  appliesToItemId?: string | undefined;
  appliesToServiceId?: string | undefined;
}

export interface CreateManualInvoiceInput {
  clientId: string;
  items: ManualInvoiceItemInput[];
  /** YYYY-MM-DD; today when absent. */
  invoiceDate?: string | undefined;
  /** YYYY-MM-DD; the invoice date when absent. */
  dueDate?: string | undefined;
  poNumber?: string | null | undefined;
}

/** Amounts in minor units of the currency. */
export interface ManualInvoice {
  invoiceId: string;
  invoiceNumber: string;
  status: string;
  subtotal: number;
  tax: number;
  total: number;
}

export type CreateManualInvoiceResult =
  | { success: true; invoice: ManualInvoice }
  | { success: false; error: string; fieldErrors?: Record<string, string> };

/** `cap:invoice.manual.create` */
export interface InvoicingHost {
  createManualInvoice(input: CreateManualInvoiceInput): Promise<CreateManualInvoiceResult>;
}

/** The user a call is made for. */
export interface UserData {
  tenantId: string;
  /** The tenant's name, or the client's for a user of the client portal. */
  clientName: string;
  userId: string;
  userEmail: string;
  userName: string;
  /** `internal` or `client`. */
  userType: string;
  /** Set for users of the client portal. */
  clientId?: string;
  additionalFields: Record<string, string>;
}

/** The user as the platform sends it: `additionalFields` are pairs. */
export interface UserDataWire extends Omit<UserData, 'clientId' | 'additionalFields'> {
  clientId?: string | null | undefined;
  additionalFields?: Array<[string, string]> | Record<string, string> | null | undefined;
}

export type UserError = 'not-available' | 'not-allowed';

/** `cap:user.read` */
export interface UserHost {
  /** Rejects with a {@link UserError} as `code`. */
  getUser(): Promise<UserData>;
}

export interface ClientSummary {
  clientId: string;
  clientName: string;
  clientType?: string | null;
  isInactive: boolean;
  defaultCurrencyCode?: string | null;
  accountManagerId?: string | null;
  accountManagerName?: string | null;
  billingEmail?: string | null;
}

export interface ClientsListInput {
  search?: string | null | undefined;
  includeInactive?: boolean | null | undefined;
  /** Counted from 1. */
  page?: number | null | undefined;
  /** 1 to 100; 25 when absent. */
  pageSize?: number | null | undefined;
}

export interface ClientsListResult {
  items: ClientSummary[];
  totalCount: number;
  page: number;
  pageSize: number;
}

export type ClientReadError = 'not-allowed' | 'invalid-input' | 'internal';

/** `cap:client.read` */
export interface ClientsHost {
  /** Rejects with a {@link ClientReadError} as `code`. */
  list(input?: ClientsListInput): Promise<ClientsListResult>;
  get(clientId: string): Promise<ClientSummary | null>;
}

export type ItemKind = 'service' | 'product';
export type BillingMethod = 'fixed' | 'hourly' | 'usage';

export interface ServiceSummary {
  serviceId: string;
  serviceName: string;
  itemKind: ItemKind;
  billingMethod: BillingMethod;
  serviceTypeId?: string | null;
  serviceTypeName?: string | null;
  /** Minor units of the currency. */
  defaultRate: number;
  unitOfMeasure: string;
  isActive: boolean;
  sku?: string | null;
}

export interface ServicesListInput {
  search?: string | null | undefined;
  itemKind?: ItemKind | null | undefined;
  isActive?: boolean | null | undefined;
  billingMethod?: BillingMethod | null | undefined;
  /** Counted from 1. */
  page?: number | null | undefined;
  /** 1 to 100; 25 when absent. */
  pageSize?: number | null | undefined;
}

export interface ServicesListResult {
  items: ServiceSummary[];
  totalCount: number;
  page: number;
  pageSize: number;
}

export type ServiceReadError = 'not-allowed' | 'invalid-input' | 'internal';

/** `cap:service.read` */
export interface ServicesHost {
  /** Rejects with a {@link ServiceReadError} as `code`. */
  list(input?: ServicesListInput): Promise<ServicesListResult>;
  get(serviceId: string): Promise<ServiceSummary | null>;
}

/** The platform, as the second argument of a handler. A call that fails rejects with an `Error` that has a `code`. */
export interface HostBindings {
  context: { get(): Promise<ContextData> };
  secrets: SecretsHost;
  http: HttpHost;
  storage: StorageHost;
  logging: LoggingHost;
  uiProxy: UiProxyHost;
  scheduler: SchedulerHost;
  invoicing: InvoicingHost;
  user: UserHost;
  clients: ClientsHost;
  services: ServicesHost;
}

/** A response with a JSON body; bytes pass as they are. Given headers replace the default `content-type`. */
export function jsonResponse(body: unknown, init?: Partial<ExecuteResponse>): ExecuteResponse;

/** A response without a body. */
export function emptyResponse(status?: number): ExecuteResponse;

/** Calls a route of the platform with JSON in both directions; an empty answer is undefined. */
export function callProxyJson<T = unknown>(uiProxy: UiProxyHost, route: string, payload?: unknown): Promise<T>;

/** The user with `additionalFields` as an object. */
export function normalizeUserData(user: UserDataWire): UserData;

/** Host bindings for tests: what reads gives nothing, what must answer throws. Groups are merged one by one. */
export function createMockHostBindings(overrides?: { [Group in keyof HostBindings]?: Partial<HostBindings[Group]> }): HostBindings;
