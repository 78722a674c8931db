import { call, connect } from './bridge.js';
import { line, money } from './orders.js';

const who = document.querySelector('#who');
const form = document.querySelector('#order');
const orders = document.querySelector('#orders');
const empty = document.querySelector('#empty');
const failure = document.querySelector('#failure');
const said = document.querySelector('#said');

connect();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const { productId, quantity, note } = Object.fromEntries(new FormData(form));
  attempt(form, async () => {
    orders.prepend(shown(await call('POST', '/orders', { productId, quantity: Number(quantity), note }), false));
    form.reset();
    said.textContent = 'Ordered. You see here when the team has decided.';
  });
});
attempt(null, async () => {
  const { name, side, products } = await call('GET', '/start');
  who.textContent = side === 'team' ? 'What the clients order.' : `What your company orders, ${name}.`;
  form.hidden = side === 'team';
  const option = ({ id, name, price, unit }) => new Option(`${name}, ${money(price)} a ${unit}`, id);
  form.elements.productId.replaceChildren(...products.map(option));
  const { orders: found } = await call('GET', '/orders');
  orders.replaceChildren(...found.map((order) => shown(order, side === 'team')));
});

/** An order's line; the team can decide on an open one. */
function shown(order, decides) {
  const element = line(order);
  const decision = element.querySelector('form');
  decision.hidden = !decides || order.state !== 'open';
  const decide = (verdict, body) =>
    attempt(decision, async () => {
      const decided = await call('POST', `/orders/${order.id}/${verdict}`, body);
      element.replaceWith(shown({ ...order, ...decided }, decides));
    });
  decision.addEventListener('submit', (event) => {
    event.preventDefault();
    decide('decline', { reason: decision.elements.reason.value });
  });
  decision.querySelector('.primary').addEventListener('click', () => decide('approve'));
  return element;
}

/** Runs a call with the form's buttons off, and shows what went wrong. */
async function attempt(around, work) {
  const buttons = around ? [...around.querySelectorAll('button')] : [];
  failure.hidden = true;
  for (const button of buttons) button.disabled = true;
  try {
    await work();
  } catch (error) {
    failure.textContent = error.message;
    failure.hidden = false;
  } finally {
    for (const button of buttons) button.disabled = false;
    empty.textContent = 'No orders yet.';
    empty.hidden = orders.childElementCount > 0;
  }
}
