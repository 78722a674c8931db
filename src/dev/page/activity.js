// The list of what happens: requests with their host calls and logs, builds, swaps, warnings.

import { at, duration, make, moment, size, tone } from "/__alga/elements.js";

const longest = 250;
// Logs come before the request they belong to is done.
const logs = new Map();

const add = (row) => {
  const list = at("activity");
  const panel = list.parentElement;
  const atEnd = panel.scrollHeight - panel.scrollTop - panel.clientHeight < 40;
  list.append(row);
  while (list.children.length > longest) list.firstElementChild.remove();
  at("activity-empty").hidden = true;
  if (atEnd) panel.scrollTop = panel.scrollHeight;
};

const when = (at_ms) => make("span", { class: "when" }, at_ms === undefined ? "" : moment(at_ms));

const line = (kind, label, text, at_ms, more) =>
  add(
    make(
      "li",
      { class: `line ${kind}` },
      when(at_ms),
      make("span", { class: `pill ${kind}` }, label),
      make("span", { class: "words" }, text),
      more,
    ),
  );

const section = (title, body) => make("section", {}, make("h4", {}, title), body);

const logLine = ({ level, stream, message }) =>
  make(
    "li",
    { class: level === "error" ? "bad" : level === "warn" ? "warn" : "" },
    make("span", { class: "tag" }, stream === "log" ? level : stream),
    make("span", { class: "mono" }, message),
  );

const callLine = (call) =>
  make(
    "li",
    { class: call.outcome === "ok" ? "" : "warn" },
    make("span", { class: "mono name" }, `${call.interface}.${call.function}`),
    make("span", { class: "mono words" }, call.summary ?? ""),
    make("span", { class: "outcome" }, call.outcome),
    make("span", { class: "muted" }, duration(call.duration_us)),
  );

const request = (what, at_ms) => {
  const said = logs.get(what.id) ?? [];
  logs.delete(what.id);
  const facts = make("dl", { class: "facts small" });
  for (const [name, value] of [
    ["Route", what.surface === "execute" ? "/v1/execute" : `/api/${what.surface}`],
    ["User", what.user],
    ["Request id", what.id],
  ]) {
    facts.append(make("dt", {}, name), make("dd", { class: "mono" }, value));
  }
  const body = make("div", { class: "inside" });
  if (what.error) body.append(section("Why", make("pre", { class: "bad", tabindex: "0" }, what.detail ?? "")));
  if (what.notes.length) body.append(section("Notes", make("ul", { class: "notes" }, ...what.notes.map((note) => make("li", {}, note)))));
  if (what.host_calls.length) body.append(section("Host calls", make("ol", { class: "calls" }, ...what.host_calls.map(callLine))));
  if (said.length) body.append(section("Log", make("ol", { class: "logs" }, ...said.map(logLine))));
  body.append(facts);
  const marks = [];
  if (what.host_calls.length) marks.push(`${what.host_calls.length} host ${what.host_calls.length === 1 ? "call" : "calls"}`);
  if (said.length) marks.push(`${said.length} log ${said.length === 1 ? "line" : "lines"}`);
  if (what.notes.length) marks.push(`${what.notes.length} ${what.notes.length === 1 ? "note" : "notes"}`);
  const kind = tone(what.status);
  add(
    make(
      "li",
      {},
      make(
        "details",
        { class: `request ${kind}` },
        make(
          "summary",
          {},
          when(at_ms),
          make("span", { class: `pill ${kind}` }, String(what.status)),
          make("span", { class: "method mono" }, what.method),
          make("span", { class: "path mono", title: what.path }, what.path),
          make("span", { class: "muted time" }, duration(what.duration_us)),
          marks.length ? make("span", { class: "marks muted" }, marks.join(" · ")) : null,
          what.error ? make("span", { class: "marks bad" }, what.error) : null,
        ),
        body,
      ),
    ),
  );
};

const list = (items) => make("ul", { class: "notes" }, ...items.map((item) => make("li", {}, item)));

/** Takes one event of the server's stream. */
export const tell = ({ at_ms, what }) => {
  switch (what.event) {
    case "request":
      request(what, at_ms);
      break;
    case "log": {
      const said = logs.get(what.request_id) ?? [];
      said.push(what);
      logs.set(what.request_id, said);
      if (logs.size > longest) logs.delete(logs.keys().next().value);
      break;
    }
    case "built": {
      const bytes = what.size === null ? "" : `, ${size(what.size)}`;
      line("ok", "built", `in ${duration(what.duration_us)}${bytes}`, at_ms, what.warnings.length ? list(what.warnings) : null);
      break;
    }
    case "build_failed":
      line("bad", "failed", "", at_ms, make("pre", { tabindex: "0" }, what.message));
      break;
    case "swapped":
      line("calm", "now", `${what.changed.join(", ") || "same files"}, ready in ${duration(what.duration_us)}`, at_ms);
      break;
    case "csp_blocked":
      line("warn", "blocked", `${what.blocked || "inline code"} by ${what.directive}, asked from ${what.source}`, at_ms);
      break;
    case "warning":
      line("warn", "note", what.message, at_ms);
      break;
  }
};

/** Says that events came faster than they were read. */
export const missed = (count) => line("warn", "note", `${count} events were missed here; the terminal has them`);

/** Notes something this page saw itself. */
export const note = (text) => line("warn", "bridge", text);

/** Forgets everything shown. */
export const clear = () => {
  at("activity").replaceChildren();
  at("activity-empty").hidden = false;
};
