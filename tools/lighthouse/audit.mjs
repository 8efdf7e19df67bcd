/** One page through Lighthouse as a phone sees it: what to do comes as JSON on standard input, the scores go out the same way. */
import { readFileSync } from "node:fs";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const CATEGORIES = ["performance", "accessibility", "best-practices"];
const { url, cookie, chrome, flags, env } = JSON.parse(readFileSync(0, "utf8"));

const browser = await launch({ chromePath: chrome, chromeFlags: ["--headless", ...flags], envVars: { ...process.env, ...env }, logLevel: "silent" });
try {
  const settings = { onlyCategories: CATEGORIES, formFactor: "mobile", extraHeaders: cookie ? { Cookie: cookie } : {} };
  const { lhr } = await lighthouse(url, { port: browser.port, logLevel: "error" }, { extends: "lighthouse:default", settings });
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
  const scores = Object.fromEntries(CATEGORIES.map((name) => [name, Math.round(100 * lhr.categories[name].score)]));
  const short = CATEGORIES.flatMap((name) => lhr.categories[name].auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => lhr.audits[id]))
    .filter(({ score }) => score !== null && score < 0.9)
    .map(({ id, displayValue = "", details }) => `${id} ${displayValue} ${(details?.items || []).slice(0, 2).map(({ node, description }) => node?.selector || description || "").join(" ")}`.trim());
  process.stdout.write(JSON.stringify({ address: lhr.finalDisplayedUrl, scores, short, bytes: lhr.audits["total-byte-weight"].numericValue }));
} finally {
  browser.kill();
}
