// What the extension is: identifiers, capabilities, endpoints.

import { at, make } from "/__alga/elements.js";

/** Shows the facts of `state`; `choose` is called with an endpoint somebody wants to try. */
export const render = (state, choose) => {
  const facts = at("facts");
  facts.replaceChildren();
  for (const [name, value] of [
    ["Name", state.name],
    ["Publisher", state.publisher],
    ["Version", state.version],
    ["Folder", state.folder],
    ["Registry id", state.registry_id],
    ["Install id", state.install_id],
    ["Tenant", `${state.tenant_name} (${state.tenant})`],
    ["Files served", state.hash],
    ["Handler", state.component ?? "none"],
    ["UI", state.ui === null ? "none" : `${state.ui} ${state.ui === 1 ? "file" : "files"}`],
    ["Behaves", state.as_production ? "as the platform, defects included" : "as the platform should, and says where it differs"],
    ["Capabilities", (state.capabilities ?? []).join("\n")],
  ]) {
    if (value) facts.append(make("dt", {}, name), make("dd", { class: "mono" }, String(value)));
  }
  const endpoints = at("endpoints");
  endpoints.replaceChildren();
  if (!state.endpoints.length) {
    endpoints.append(make("li", { class: "muted" }, "The manifest declares none, so the gateway refuses every call."));
  }
  for (const endpoint of state.endpoints) {
    const button = make("button", { type: "button", class: "endpoint" },
      make("span", { class: "method mono" }, endpoint.method), make("span", { class: "mono" }, endpoint.path));
    button.disabled = !state.handler;
    button.addEventListener("click", () => choose(endpoint));
    endpoints.append(make("li", {}, button));
  }
};
