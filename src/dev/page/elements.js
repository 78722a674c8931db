// Elements made without HTML text, so that nothing an extension sends is ever read as markup.

/** The element with this id. */
export const at = (id) => document.getElementById(id);

/** An element: `make("p", { class: "muted" }, "text", child)`. */
export const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
};

/** Microseconds in the unit a person would choose. */
export const duration = (us) => {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1_000_000) return `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;
  return `${(us / 1_000_000).toFixed(1)} s`;
};

/** Milliseconds since the server started, as minutes and seconds. */
export const moment = (ms) => {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** Bytes in the unit a person would choose. */
export const size = (bytes) => {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
};

/** `ok`, `warn` or `bad`: the tone of a status. */
export const tone = (status) => (status < 400 ? "ok" : status < 500 ? "warn" : "bad");
