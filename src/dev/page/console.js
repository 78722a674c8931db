// The request console: a declared endpoint, a body, the answer.

import { at, duration, make, size, tone } from "/__alga/elements.js";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
let extension = "";

const settle = () => {
  at("try-body-field").hidden = at("try-method").value === "GET";
};

// The gateway has no other methods, whatever is declared.
const callable = (endpoints) => endpoints.filter(({ method }) => method === "HEAD" || methods.includes(method));

const pick = (endpoint) => {
  at("try-method").value = endpoint.method === "HEAD" ? "GET" : endpoint.method;
  at("try-path").value = endpoint.path;
  settle();
};

const readable = (bytes, type) => {
  const text = new TextDecoder().decode(bytes);
  if (!/json/.test(type)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

const send = async () => {
  const method = at("try-method").value;
  const typed = at("try-path").value.trim();
  const path = typed.startsWith("/") ? typed : `/${typed}`;
  const request = { method, headers: { accept: "application/json, text/plain, */*" } };
  const body = at("try-body").value;
  if (method !== "GET" && body) {
    request.headers["content-type"] = "application/json";
    request.body = body;
  }
  at("try-send").disabled = true;
  const begun = performance.now();
  const answer = at("try-answer");
  try {
    const response = await fetch(`/api/${at("try-surface").value}/${encodeURIComponent(extension)}${path}`, request);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const type = response.headers.get("content-type") ?? "";
    at("try-status").textContent = `${response.status} ${response.statusText}`.trim();
    at("try-status").className = `pill ${tone(response.status)}`;
    at("try-time").textContent = `${duration((performance.now() - begun) * 1000)}, ${size(bytes.length)}`;
    at("try-headers").textContent = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    at("try-result").textContent = readable(bytes, type) || "(empty)";
  } catch (error) {
    at("try-status").textContent = "no answer";
    at("try-status").className = "pill bad";
    at("try-time").textContent = "";
    at("try-headers").textContent = "";
    at("try-result").textContent = String(error);
  } finally {
    at("try-send").disabled = false;
    answer.hidden = false;
  }
};

/** Takes the endpoints of `state`. */
export const render = (state) => {
  extension = state.registry_id ?? state.name;
  const select = at("try-endpoint");
  const endpoints = callable(state.endpoints);
  const wanted = endpoints.map(({ method, path }) => `${method} ${path}`);
  const shown = [...select.options].map((option) => option.textContent);
  if (wanted.join("\n") === shown.join("\n") && shown.length) return;
  select.replaceChildren(...wanted.map((text, index) => make("option", { value: String(index) }, text)));
  if (!wanted.length) select.append(make("option", { value: "" }, "none declared"));
  select.onchange = () => endpoints[Number(select.value)] && pick(endpoints[Number(select.value)]);
  if (endpoints[0]) pick(endpoints[0]);
};

/** Fills the form with one endpoint. */
export const choose = (endpoint) => {
  if (callable([endpoint]).length) pick(endpoint);
  at("try-path").focus();
};

/** Wires the form once. */
export const start = () => {
  at("try-method").replaceChildren(...methods.map((method) => make("option", {}, method)));
  at("try-method").addEventListener("change", settle);
  at("try-form").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  settle();
};
