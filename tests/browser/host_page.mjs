// Drives the host page in Debian's chromium and prints what it saw as one JSON document.
// node host_page.mjs <playwright-core folder> <url> <screenshots folder>; the judging is done by tests/it/dev_browser.rs.

import { createRequire } from "node:module";
import { join } from "node:path";

const [library, url, shots] = process.argv.slice(2);
const { chromium } = createRequire(join(library, "package.json"))("playwright-core");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const seen = { problems: [] };
try {
  const page = await browser.newPage({ viewport: { width: 1360, height: 820 }, colorScheme: "light" });
  page.on("pageerror", (error) => seen.problems.push(String(error)));
  page.on("console", (message) => {
    // A refused call is part of the test, and browsers log it.
    const expected = /status of 4\d\d|status of 5\d\d|Content Security Policy/.test(message.text());
    if (message.type() === "error" && !expected) seen.problems.push(message.text());
  });
  await page.goto(url);
  const frame = page.frameLocator("iframe.frame");
  const text = (id) => frame.locator(id).textContent();
  await frame.locator("#answer:not(:empty)").waitFor();
  await frame.locator("#refused", { hasText: "Proxy error" }).waitFor();
  await frame.locator("#theme", { hasText: "tokens" }).waitFor();
  seen.title = await frame.locator("h1").textContent();
  seen.sandbox = await page.locator("iframe.frame").getAttribute("sandbox");
  seen.address = new URL(page.url()).pathname;
  seen.answer = await text("#answer");
  seen.refused = await text("#refused");
  seen.light = await text("#theme");
  seen.inline = await text("#inline");
  await frame.locator("#broken", { hasText: "500" }).waitFor();
  seen.why = await page.locator("details.request pre.bad", { hasText: "src/handler.ts" }).first().textContent();
  seen.requests = await page.locator("details.request").count();
  await page.locator("details.request summary").first().click();
  await page.screenshot({ path: join(shots, "light.png") });

  await page.getByRole("button", { name: "Dark theme" }).click();
  await frame.locator("#theme", { hasText: "#0c0a18" }).waitFor();
  seen.dark = await text("#theme");
  await page.screenshot({ path: join(shots, "dark.png") });

  await page.getByLabel("Signed in as").selectOption("client");
  await frame.locator("#answer:not(:empty)").waitFor();
  seen.portal = new URL(page.url()).pathname.split("/")[1];
  await page.getByLabel("Signed in as").selectOption("none");
  await frame.locator("#answer", { hasText: "Proxy error 401" }).waitFor();
  seen.nobody = await text("#answer");
  await page.getByLabel("Signed in as").selectOption("internal");

  await page.getByRole("tab", { name: "Details" }).click();
  await page.screenshot({ path: join(shots, "details.png") });
  seen.facts = await page.locator("#facts").textContent();
  if (await page.getByRole("tab", { name: "Try" }).isVisible()) {
    await page.getByRole("tab", { name: "Try" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator("#try-answer").waitFor();
    seen.tried = await page.locator("#try-status").textContent();
    await page.screenshot({ path: join(shots, "try.png") });
  }
  await page.setViewportSize({ width: 420, height: 800 });
  seen.sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await page.screenshot({ path: join(shots, "narrow.png"), fullPage: true });
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
