import { createManualInvoice } from 'alga:extension/invoicing';
import { later, orNull } from 'alga-ext:sdk/host/bindings';

const parsed = (text) => {
  try { return JSON.parse(text); } catch { return { _: text }; }
};

/** The platform's record is flat; the SDK's result has the invoice in it. Both are there. */
function result(flat) {
  const shown = { success: flat.success };
  for (const [key, value] of Object.entries(flat)) if (orNull(value) !== null) shown[key] = value;
  if (orNull(flat.fieldErrors) !== null) shown.fieldErrors = parsed(flat.fieldErrors);
  if (flat.success) {
    const { invoiceId, invoiceNumber, status, subtotal, tax, total } = shown;
    shown.invoice = { invoiceId, invoiceNumber, status, subtotal, tax, total };
  }
  return shown;
}

const item = (given) => ({
  serviceId: given.serviceId,
  quantity: given.quantity,
  description: given.description,
  rate: given.rate,
  isDiscount: orNull(given.isDiscount),
  discountType: orNull(given.discountType),
  appliesToItemId: orNull(given.appliesToItemId),
  appliesToServiceId: orNull(given.appliesToServiceId),
});

export const invoicing = {
  createManualInvoice: later((input) => result(createManualInvoice({
    clientId: input.clientId,
    items: (input.items ?? []).map(item),
    invoiceDate: orNull(input.invoiceDate),
    dueDate: orNull(input.dueDate),
    poNumber: orNull(input.poNumber),
  }))),
};
