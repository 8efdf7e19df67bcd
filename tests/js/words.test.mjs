import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { numberText, t, tn } from "../../app/static/js/lib/words.js";

afterEach(() => {
  delete globalThis.schoolWords;
  delete globalThis.document;
});

/** What a page in French has loaded; its catalogue makes this script (tools/texts.py). */
function inFrench(texts) {
  globalThis.schoolWords = { texts, plural: (n) => Number(n > 1) };
  globalThis.document = { documentElement: { lang: "fr-CI" } };
}

test("without a catalogue texts are English, with their values put in", () => {
  assert.equal(t("{name} owes {amount}", { name: "Ama", amount: "5" }), "Ama owes 5");
  assert.equal(tn("{n} row", "{n} rows", 1), "1 row");
  assert.equal(tn("{n} row", "{n} rows", 0), "0 rows");
  assert.equal(tn("{n} row of {file}", "{n} rows of {file}", 1204, { file: "x.csv" }), "1,204 rows of x.csv");
});

test("a catalogue says them in its language, with its own rule for the number", () => {
  inFrench({ "{name} owes {amount}": "{name} doit {amount}", "{n} row": ["{n} ligne", "{n} lignes"] });
  assert.equal(t("{name} owes {amount}", { name: "Ama", amount: "5" }), "Ama doit 5");
  assert.equal(tn("{n} row", "{n} rows", 0), "0 ligne");
  assert.equal(tn("{n} row", "{n} rows", 2), "2 lignes");
  assert.match(tn("{n} row", "{n} rows", 1204), /^1\s204 lignes$/);
  assert.match(numberText(1204), /^1\s204$/);
});

test("what a catalogue lacks stays English", () => {
  inFrench({});
  assert.equal(t("Live"), "Live");
  assert.equal(tn("{n} row", "{n} rows", 1), "1 row");
});

test("values are never taken for placeholders, and an unknown placeholder is left as it is", () => {
  assert.equal(t("{a} {b} {c}", { a: "{b}", b: "x" }), "{b} x {c}");
});
