// The host's side of the message bridge: hears what the framed UI says and answers as the platform does.

import { themeTokens } from "/__alga/theme.js";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const toBase64 = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
};

const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Height a `resize` may ask for, in pixels. */
export const clampHeight = (height) => Math.min(4000, Math.max(100, Math.floor(height)));

/**
 * Listens to one frame. Must be called before the frame gets its `src`, because nobody repeats a lost `ready`.
 * `host` gives `extension()` (its registry id), `asProduction()`, and hears `ready`, `resize`, `navigate`, `note`.
 * Returns `{ sendTheme, detach }`.
 */
export const attach = (frame, host) => {
  const post = (type, payload, request_id) => {
    const message = { alga: true, version: "1", type, payload };
    if (request_id !== undefined) message.request_id = request_id;
    frame.contentWindow?.postMessage(message, location.origin);
  };

  const sendTheme = () => post("theme", themeTokens());

  const bootstrap = (request_id) => {
    const expires = new Date(Date.now() + 3600_000).toISOString();
    post(
      "bootstrap",
      {
        session: { token: "dev-session-token", expires_at: expires },
        theme_tokens: themeTokens(),
        navigation: { path: "/" },
      },
      request_id,
    );
  };

  const call = async ({ route, method, body }, request_id) => {
    const path = typeof route === "string" && route.startsWith("/") ? route : `/${route ?? ""}`;
    const verb = typeof method === "string" && method.trim() ? method.trim().toUpperCase() : "POST";
    if (!methods.includes(verb)) {
      host.note(`\`${verb}\` is no method of the bridge; the platform never answers it`);
      if (host.asProduction()) return;
      post("apiproxy_response", { error: `Unsupported method ${verb}` }, request_id);
      return;
    }
    try {
      const request = { method: verb, headers: {}, credentials: "same-origin" };
      if (typeof body === "string" && verb !== "GET") {
        request.headers["content-type"] = "application/octet-stream";
        request.body = fromBase64(body);
      }
      const response = await fetch(`/api/ext-proxy/${encodeURIComponent(host.extension())}${path}`, request);
      if (!response.ok) {
        post("apiproxy_response", { error: `Proxy error ${response.status}: ${await response.text()}` }, request_id);
        return;
      }
      const bytes = new Uint8Array(await response.arrayBuffer());
      post("apiproxy_response", { body: toBase64(bytes) }, request_id);
    } catch (error) {
      post("apiproxy_response", { error: error instanceof Error ? error.message : String(error) }, request_id);
    }
  };

  const hear = (event) => {
    if (event.source !== frame.contentWindow || event.origin !== location.origin) return;
    const message = event.data;
    if (typeof message !== "object" || message === null || typeof message.type !== "string") return;
    const enveloped = message.alga === true && message.version === "1";
    const payload = typeof message.payload === "object" && message.payload !== null ? message.payload : {};
    switch (message.type) {
      case "ready":
        if (!enveloped) {
          host.note("`ready` came without `alga: true` and `version: \"1\"`; the platform ignores it");
          return;
        }
        if (!host.asProduction()) bootstrap(message.request_id);
        sendTheme();
        host.ready();
        break;
      case "resize":
        if (Number.isFinite(payload.height)) host.resize(clampHeight(payload.height));
        break;
      case "navigate":
        if (host.asProduction()) {
          host.note("`navigate` is ignored, as in production");
          break;
        }
        host.note("`navigate` is ignored in production; here it reloads the frame with the new path");
        if (typeof payload.path === "string") host.navigate(payload.path);
        break;
      case "apiproxy":
        if (message.request_id === undefined) {
          host.note("`apiproxy` came without `request_id`; the platform never answers it");
        } else {
          call(payload, message.request_id);
        }
        break;
      default:
        if (enveloped) host.note(`the bridge has no message \`${message.type.slice(0, 60)}\`; the platform ignores it`);
    }
  };

  addEventListener("message", hear);
  return { sendTheme, detach: () => removeEventListener("message", hear) };
};
