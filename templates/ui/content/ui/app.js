import { connect } from './bridge.js';

const form = document.querySelector('#visit');
const time = document.querySelector('#time');
const amount = document.querySelector('#amount');

connect();
form.addEventListener('input', show);
form.addEventListener('submit', (event) => event.preventDefault());
show();

function show() {
  const { minutes, block, rate } = Object.fromEntries(new FormData(form));
  const billed = Math.ceil(Math.max(0, Number(minutes)) / Number(block)) * Number(block);
  time.value = [`${Math.floor(billed / 60)} h`, billed % 60 ? `${billed % 60} min` : ''].join(' ').trim();
  amount.value = ((billed / 60) * Math.max(0, Number(rate))).toFixed(2);
}
