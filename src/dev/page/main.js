// The host page: follows the server, shows the extension, lets the developer be somebody else.

import * as activity from "/__alga/activity.js";
import * as caller from "/__alga/console.js";
import * as details from "/__alga/details.js";
import { at, make } from "/__alga/elements.js";
import * as stage from "/__alga/stage.js";
import * as theme from "/__alga/theme.js";

const cookie = "alga-dev-user";
let state = null;

const persona = () => {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${cookie}=`));
  return found ? decodeURIComponent(found.slice(cookie.length + 1)) : "internal";
};

const signIn = (key) => {
  document.cookie = `${cookie}=${encodeURIComponent(key)}; path=/; samesite=strict`;
  at("persona").value = key;
};

const status = (kind, text) => {
  at("status").dataset.state = kind;
  at("status-text").textContent = text;
};

const portal = () => location.pathname.startsWith("/client-portal/");

const place = (client) => {
  const id = encodeURIComponent(state.registry_id);
  history.replaceState(null, "", client ? `/client-portal/extensions/${id}` : `/msp/extensions/${id}/`);
};

const userType = () => state.users.find((user) => user.key === persona())?.type ?? null;

/** What keeps the chosen user from the extension, in words. */
const refusal = () => {
  if (persona() === "none") return "Nobody is signed in: every call is refused with 401 unauthenticated.";
  if (userType() !== "client") return "";
  if (!state.menus.client_portal) {
    return "Client portal users are refused (403 forbidden): the manifest has no ui.hooks.clientPortalMenu.label.";
  }
  return "";
};

const renderMenus = () => {
  const menus = at("menus");
  const entries = [
    ["app", "Staff menu", state.menus.app, false],
    ["client_portal", "Client portal", state.menus.client_portal, true],
  ];
  menus.replaceChildren();
  for (const [, where, label, client] of entries) {
    if (!label) continue;
    const button = make("button", { type: "button", class: "menu" },
      make("span", { class: "where" }, where), make("span", { class: "label" }, label));
    if (portal() === client) button.setAttribute("aria-current", "page");
    button.addEventListener("click", () => {
      if ((userType() === "client") !== client) signIn(client ? "client" : "internal");
      place(client);
      render({ force: true });
    });
    menus.append(button);
  }
};

const renderUsers = () => {
  const select = at("persona");
  const wanted = state.users.map(({ key, name, type }) => [key, `${name || key} (${type === "client" ? "client" : "staff"})`]);
  wanted.push(["none", "Nobody"]);
  select.replaceChildren(...wanted.map(([key, text]) => make("option", { value: key }, text)));
  if (!wanted.some(([key]) => key === persona())) signIn("internal");
  select.value = persona();
};

const renderProblem = () => {
  at("problem").hidden = !state.problem;
  if (state.problem) {
    const serving = state.handler || state.ui !== null;
    at("problem-title").textContent = serving ? "This does not build. The last good version still answers." : "This does not build.";
    at("problem-text").textContent = state.problem;
  }
  const words = refusal();
  at("hint").hidden = !words;
  at("hint").textContent = words;
};

const panels = ["activity", "details", "try"];

const select = (name) => {
  for (const panel of panels) {
    const chosen = panel === name;
    at(`tab-${panel}`).setAttribute("aria-selected", String(chosen));
    at(`tab-${panel}`).tabIndex = chosen ? 0 : -1;
    at(`panel-${panel}`).hidden = !chosen;
  }
};

/** The console lies on the stage when there is no UI, else behind its tab. */
const renderConsole = () => {
  const alone = state.ui === null;
  const section = at("try");
  section.hidden = !state.handler;
  const parent = alone ? at("stage") : at("panel-try");
  if (section.parentElement !== parent) parent.append(section);
  at("tab-try").hidden = alone || !state.handler;
  if (at("tab-try").hidden && at("tab-try").getAttribute("aria-selected") === "true") select("activity");
  at("nothing").hidden = !(alone && !state.handler);
  caller.render(state);
};

const render = ({ force = false } = {}) => {
  document.title = `${state.name} · alga-ext dev`;
  at("name").textContent = state.name || "Unnamed extension";
  at("about").textContent = [state.version, state.publisher].filter(Boolean).join(" · ");
  if (!state.ready) status("starting", "Building");
  else if (state.problem) status("bad", "Build failed");
  else status("ok", state.as_production ? "Ready, as production" : "Ready");
  if (state.registry_id && location.pathname === "/") place(false);
  renderUsers();
  renderMenus();
  renderProblem();
  renderConsole();
  details.render(state, (endpoint) => {
    if (!at("tab-try").hidden) select("try");
    caller.choose(endpoint);
  });
  stage.show(state, { force, note: activity.note });
};

const refresh = async (options) => {
  try {
    const response = await fetch("/__alga/state", { cache: "no-store" });
    state = await response.json();
    render(options);
  } catch {
    status("bad", "The server is gone");
  }
};

const follow = () => {
  const source = new EventSource("/__alga/events");
  source.addEventListener("open", () => refresh());
  source.addEventListener("error", () => status("bad", "The server is gone"));
  source.addEventListener("missed", (event) => {
    activity.missed(event.data);
    refresh();
  });
  source.addEventListener("message", (event) => {
    const record = JSON.parse(event.data);
    activity.tell(record);
    const kind = record.what.event;
    if (kind === "building") status("starting", "Building");
    if (["built", "build_failed", "swapped", "listening"].includes(kind)) refresh();
  });
};

const wireTabs = () => {
  for (const name of panels) at(`tab-${name}`).addEventListener("click", () => select(name));
  at("tabs").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const open = panels.filter((name) => !at(`tab-${name}`).hidden);
    const now = open.findIndex((name) => at(`tab-${name}`).getAttribute("aria-selected") === "true");
    const next = open[(now + step + open.length) % open.length];
    select(next);
    at(`tab-${next}`).focus();
  });
};

const wireTheme = () => {
  const show = () => {
    const dark = theme.mode() === "dark";
    at("theme").setAttribute("aria-pressed", String(dark));
    at("theme").title = dark ? "Light theme" : "Dark theme";
  };
  const toggle = theme.start(() => {
    show();
    stage.sendTheme();
  });
  at("theme").addEventListener("click", toggle);
  show();
};

const asked = new URLSearchParams(location.search).get("user");
if (asked) signIn(asked);
else if (portal() && persona() === "internal") signIn("client");
wireTheme();
wireTabs();
caller.start();
at("persona").addEventListener("change", (event) => {
  signIn(event.target.value);
  const client = userType() === "client";
  if (client !== portal() && userType() && (!client || state.menus.client_portal)) place(client);
  render({ force: true });
});
at("reload").addEventListener("click", () => refresh({ force: true }));
at("clear").addEventListener("click", activity.clear);
follow();
