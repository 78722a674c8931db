// The stage: the extension's UI in a sandboxed frame, kept at the version that is served.

import { attach } from "/__alga/bridge.js";
import { at, make } from "/__alga/elements.js";

// As the platform sets it: no modals, no downloads, no top navigation.
const sandbox = "allow-scripts allow-forms allow-popups allow-same-origin";
// After this long the platform takes its overlay away, ready or not.
const patience = 1500;

let frame = null;
let bridge = null;
let shown = "";
let timer = 0;

const hideOverlay = () => {
  clearTimeout(timer);
  at("overlay").hidden = true;
};

const address = (state, path) => {
  const query = new URLSearchParams({
    path,
    tenant: state.tenant ?? "",
    extensionId: state.registry_id ?? "",
    parentOrigin: location.origin,
  });
  return `/ext-ui/${encodeURIComponent(state.registry_id)}/${encodeURIComponent(state.hash)}/index.html?${query}`;
};

const open = (state, path, note) => {
  bridge?.detach();
  frame?.remove();
  frame = make("iframe", { class: "frame", sandbox, title: `${state.name}: the extension's UI` });
  bridge = attach(frame, {
    extension: () => state.registry_id,
    asProduction: () => state.as_production,
    ready: hideOverlay,
    resize: (height) => {
      frame.style.height = `${height}px`;
    },
    navigate: (next) => open(state, next, note),
    note,
  });
  at("overlay").hidden = false;
  clearTimeout(timer);
  timer = setTimeout(hideOverlay, patience);
  frame.addEventListener("load", hideOverlay);
  frame.src = address(state, path);
  at("frame-card").append(frame);
};

/** Shows the UI of `state`; loads it anew only when `force` is set or what is shown is of another version or place. */
export const show = (state, { force = false, note = () => {} } = {}) => {
  const usable = state.ui !== null && state.registry_id;
  at("frame-card").hidden = !usable;
  if (!usable) {
    bridge?.detach();
    frame?.remove();
    [frame, bridge, shown] = [null, null, ""];
    return;
  }
  const wanted = `${state.hash} ${location.pathname}`;
  if (!force && wanted === shown) return;
  shown = wanted;
  open(state, "/", note);
};

/** Sends the theme tokens once more, as the platform does when its theme changes. */
export const sendTheme = () => bridge?.sendTheme();
