/** One page through Lighthouse as a phone sees it: what to do comes as JSON on standard input, the scores go out the same way. */
import { readFileSync } from "node:fs";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const CATEGORIES = ["performance", "accessibility", "best-practices"];
const { url, cookies, chrome, flags, env } = JSON.parse(readFileSync(0, "utf8"));

const browser = await launch({ chromePath: chrome, chromeFlags: ["--headless", ...flags], envVars: { ...process.env, ...env }, logLevel: "silent" });
try {
  // In the browser itself, for a header would not reach the socket; each run has a browser of its own, so nothing else is kept.
  const control = await puppeteer.connect({ browserURL: `http://127.0.0.1:${browser.port}` });
  await control.setCookie(...cookies);
  await control.disconnect();
  const settings = { onlyCategories: CATEGORIES, formFactor: "mobile", disableStorageReset: true };
  const { lhr } = await lighthouse(url, { port: browser.port, logLevel: "error" }, { extends: "lighthouse:default", settings });
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
  const scores = Object.fromEntries(CATEGORIES.map((name) => [name, Math.round(100 * lhr.categories[name].score)]));
  const short = CATEGORIES.flatMap((name) => lhr.categories[name].auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => lhr.audits[id]))
    .filter(({ score, errorMessage }) => errorMessage || (score !== null && score < 0.9))
    .map(({ id, displayValue = "", errorMessage = "", details }) => `${id} ${displayValue} ${errorMessage} ${(details?.items || []).slice(0, 2).map(({ node, description }) => node?.selector || description || "").join(" ")}`.trim());
  process.stdout.write(JSON.stringify({ address: lhr.finalDisplayedUrl, scores, short, bytes: lhr.audits["total-byte-weight"].numericValue }));
} finally {
  browser.kill();
}
