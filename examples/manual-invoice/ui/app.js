import { call, connect } from './bridge.js';

const form = document.querySelector('#invoice');
const net = document.querySelector('#net');
const failure = document.querySelector('#failure');
const made = document.querySelector('#made');
const button = form.querySelector('button');
const rates = new Map();

connect();
form.addEventListener('input', showNet);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(async () => {
    const { clientId, serviceId, quantity, description, poNumber } = Object.fromEntries(new FormData(form));
    const invoice = await call('POST', '/invoices', { clientId, serviceId, quantity: Number(quantity), description, poNumber });
    made.textContent = `Draft ${invoice.invoiceNumber} made: ${(invoice.total / 100).toFixed(2)} in total.`;
    made.hidden = false;
  });
});
attempt(async () => {
  const { clients, services } = await call('GET', '/choices');
  form.elements.clientId.replaceChildren(...clients.map(({ clientId, clientName }) => new Option(clientName, clientId)));
  form.elements.serviceId.replaceChildren(...services.map(({ serviceId, serviceName }) => new Option(serviceName, serviceId)));
  for (const { serviceId, defaultRate } of services) rates.set(serviceId, defaultRate);
  showNet();
});

function showNet() {
  const { serviceId, quantity } = Object.fromEntries(new FormData(form));
  net.value = (((rates.get(serviceId) ?? 0) * Number(quantity)) / 100).toFixed(2);
}

async function attempt(work) {
  failure.hidden = made.hidden = true;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    failure.textContent = error.message;
    failure.hidden = false;
  } finally {
    button.disabled = false;
  }
}
