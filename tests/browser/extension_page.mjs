// Drives an extension's page inside the host page of `alga-ext dev`, in light and in dark, and prints what it saw as one
// JSON document. node extension_page.mjs <playwright-core folder> <url> <steps as JSON>; tests/it/pages.rs judges it.
// A step is ["fill", label, text], ["choose", label, option], ["click", name of a button] or ["see", text].

import { createRequire } from "node:module";
import { join } from "node:path";

const [library, url, steps] = process.argv.slice(2);
const { chromium } = createRequire(join(library, "package.json"))("playwright-core");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const seen = { problems: [], contrast: {}, theme: {} };
try {
  const page = await browser.newPage({ viewport: { width: 1360, height: 900 }, colorScheme: "light" });
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (error) => seen.problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) seen.problems.push(message.text());
  });
  await page.goto(url);
  const frame = page.frameLocator("iframe.frame");
  for (const [verb, name, value] of JSON.parse(steps)) {
    if (verb === "fill") await frame.getByLabel(name).fill(value);
    else if (verb === "choose") await frame.getByLabel(name).selectOption({ label: value });
    else if (verb === "click") await frame.getByRole("button", { name }).first().click();
    else await frame.getByText(name).first().waitFor();
  }
  await look("light");
  await page.getByRole("button", { name: "Dark theme" }).click();
  await frame.locator("html[data-theme=dark]").waitFor();
  await look("dark");
  await page.setViewportSize({ width: 400, height: 800 });
  seen.sideways = await frame.locator("html").evaluate((root) => root.scrollWidth - root.clientWidth);
  seen.text = await frame.locator("main").innerText();

  async function look(mode) {
    // Colours settle over the time a transition takes; moving the pointer away ends what hovering changed.
    await page.mouse.move(0, 0);
    const root = frame.locator("html");
    await root.evaluate((root) => Promise.all(root.getAnimations({ subtree: true }).map(({ finished }) => finished)));
    seen.theme[mode] = await root.getAttribute("data-theme");
    seen.contrast[mode] = await root.evaluate(faint);
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

/** Texts whose contrast to what lies behind them is under 4.5:1 (WCAG 2.2, 1.4.3). Runs in the page. */
function faint() {
  const channels = (colour) => {
    const numbers = colour.match(/-?[\d.]+(e-?\d+)?/g).map(Number);
    const [red, green, blue, alpha = 1] = colour.startsWith("color(") ? numbers : [...numbers.slice(0, 3).map((part) => part / 255), ...numbers.slice(3)];
    return { alpha, light: [red, green, blue].map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) };
  };
  const luminance = ({ light: [red, green, blue] }) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const behind = (element) => {
    for (let above = element; above; above = above.parentElement) {
      const colour = channels(getComputedStyle(above).backgroundColor);
      if (colour.alpha > 0) return colour;
    }
    return channels("rgb(255, 255, 255)");
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join(" ").trim();
    if (!text || !element.checkVisibility() || element.disabled || element.tagName === "OPTION") continue;
    const [dim, bright] = [channels(getComputedStyle(element).color), behind(element)].map(luminance).sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dim + 0.05);
    if (ratio < 4.5) found.push(`${text}: ${ratio.toFixed(2)}`);
  }
  return found;
}
