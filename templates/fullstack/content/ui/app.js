import { call, connect } from './bridge.js';

const form = document.querySelector('#add');
const list = document.querySelector('#notes');
const empty = document.querySelector('#empty');
const failure = document.querySelector('#failure');
const said = document.querySelector('#said');
const row = document.querySelector('#note').content;

connect();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(form.querySelector('button'), async () => {
    list.prepend(item(await call('POST', '/notes', { text: form.elements.text.value })));
    form.reset();
    said.textContent = 'Note added.';
  });
});
attempt(null, async () => {
  const { notes } = await call('GET', '/notes');
  list.replaceChildren(...notes.map(item));
});

function item(note) {
  const element = row.cloneNode(true).firstElementChild;
  element.querySelector('[data-text]').textContent = note.text;
  element.querySelector('[data-author]').textContent = note.author;
  const time = element.querySelector('time');
  time.dateTime = note.at;
  time.textContent = new Date(note.at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const button = element.querySelector('button');
  button.setAttribute('aria-label', `Delete the note: ${note.text}`);
  button.addEventListener('click', () =>
    attempt(button, async () => {
      await call('DELETE', `/notes/${note.id}`);
      element.remove();
      said.textContent = 'Note deleted.';
    }),
  );
  return element;
}

/** Runs a call with its button off, and shows what went wrong. */
async function attempt(button, work) {
  failure.hidden = true;
  if (button) button.disabled = true;
  try {
    await work();
  } catch (error) {
    failure.textContent = error.message;
    failure.hidden = false;
  } finally {
    if (button) button.disabled = false;
    empty.textContent = 'No notes yet.';
    empty.hidden = list.childElementCount > 0;
  }
}
