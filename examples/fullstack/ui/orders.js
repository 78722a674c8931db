const row = document.querySelector('#line').content;
const LABELS = { open: 'Open', approved: 'Approved', declined: 'Declined' };

/** Minor units as people write them. */
export function money(amount) {
  return (amount / 100).toLocaleString(undefined, { minimumFractionDigits: 2 });
}

/** The line of an order in the list. */
export function line(order) {
  const element = row.cloneNode(true).firstElementChild;
  const write = (name, text) => (element.querySelector(`[data-${name}]`).textContent = text);
  write('what', `${order.quantity} × ${order.product.name}, ${money(order.quantity * order.product.price)}`);
  write('state', LABELS[order.state]);
  write('note', outcome(order) ?? order.note);
  write('who', [order.company, order.orderedBy].filter(Boolean).join(', '));
  const time = element.querySelector('time');
  time.dateTime = order.at;
  time.textContent = new Date(order.at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return element;
}

function outcome({ state, decidedBy, reason, invoiceNumber }) {
  if (state === 'approved') return `${decidedBy} approved it: invoice ${invoiceNumber ?? 'pending'}`;
  return state === 'declined' ? `${decidedBy} declined it: ${reason}` : undefined;
}
