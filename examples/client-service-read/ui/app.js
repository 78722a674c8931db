import { call, connect } from './bridge.js';

const form = document.querySelector('#search');
const details = document.querySelector('#details');
const failure = document.querySelector('#failure');
const LABELS = {
  clientId: 'Id',
  clientType: 'Type',
  isInactive: 'Inactive',
  defaultCurrencyCode: 'Currency',
  accountManagerName: 'Account manager',
  billingEmail: 'Billing address',
  serviceId: 'Id',
  itemKind: 'Kind',
  billingMethod: 'Billing',
  serviceTypeName: 'Service type',
  defaultRate: 'Rate in minor units',
  unitOfMeasure: 'Unit',
  isActive: 'Sold',
  sku: 'SKU',
};

connect();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(load);
});
document.querySelector('#close').addEventListener('click', () => (details.hidden = true));
attempt(load);

async function load() {
  const search = form.elements.text.value.trim();
  const query = search ? `?search=${encodeURIComponent(search)}` : '';
  const [clients, services] = await Promise.all([call('GET', `/clients${query}`), call('GET', `/services${query}`)]);
  fill('clients', clients, ({ clientId, clientName, clientType, defaultCurrencyCode }) => [
    link(clientName, `/clients/${clientId}`),
    clientType ?? '',
    defaultCurrencyCode ?? '',
  ]);
  fill('services', services, ({ serviceId, serviceName, billingMethod, defaultRate, unitOfMeasure }) => [
    link(serviceName, `/services/${serviceId}`),
    billingMethod,
    `${(defaultRate / 100).toFixed(2)} / ${unitOfMeasure}`,
  ]);
}

function fill(id, { items, totalCount }, cells) {
  const body = document.querySelector(`#${id}`);
  const [heading] = body.parentElement.tHead.rows;
  document.querySelector(`#${id}-count`).textContent = totalCount;
  body.replaceChildren(...items.map((item) => tableRow(cells(item), heading)));
}

/** A row whose cells are aligned as the headings above them are. */
function tableRow(cells, heading) {
  const row = document.createElement('tr');
  cells.forEach((content, index) => {
    const cell = row.insertCell();
    cell.className = heading.cells[index].className;
    cell.append(content);
  });
  return row;
}

/** A button that asks for one client or service by its id. */
function link(name, route) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'link';
  button.textContent = name;
  button.addEventListener('click', () => attempt(() => show(route)));
  return button;
}

async function show(route) {
  const found = await call('GET', route);
  document.querySelector('#chosen').textContent = found.clientName ?? found.serviceName;
  const rows = Object.entries(LABELS).filter(([key]) => found[key] !== undefined && found[key] !== null);
  details.querySelector('tbody').replaceChildren(
    ...rows.map(([key, label]) => {
      const row = document.createElement('tr');
      const heading = document.createElement('th');
      heading.scope = 'row';
      heading.textContent = label;
      row.append(heading);
      row.insertCell().textContent = typeof found[key] === 'boolean' ? (found[key] ? 'yes' : 'no') : found[key];
      return row;
    }),
  );
  details.hidden = false;
  details.focus();
}

async function attempt(work) {
  failure.hidden = true;
  try {
    await work();
  } catch (error) {
    failure.textContent = error.message;
    failure.hidden = false;
  }
}
