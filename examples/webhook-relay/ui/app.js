import { call, connect } from './bridge.js';

const form = document.querySelector('#relay');
const said = document.querySelector('#said');
const rows = document.querySelector('#deliveries');

connect();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const { value } = form.elements.ticket;
  attempt(async () => {
    rows.prepend(row(await call('POST', `/relay/${value}`)));
    form.reset();
    say('success', `Ticket ${value} was sent.`);
  });
});
attempt(async () => {
  const { deliveries } = await call('GET', '/deliveries');
  rows.replaceChildren(...deliveries.map(row));
});

function row({ ticket, title, status, at }) {
  const element = document.createElement('tr');
  const badge = document.createElement('span');
  badge.className = 'badge';
  badge.textContent = status;
  const sent = new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  for (const cell of [ticket, title, badge, sent]) element.insertCell().append(cell);
  return element;
}

async function attempt(work) {
  said.hidden = true;
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    say('error', error.message);
  } finally {
    button.disabled = false;
  }
}

function say(tone, text) {
  said.className = `notice ${tone}`;
  said.textContent = text;
  said.hidden = false;
}
