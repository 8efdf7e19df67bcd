import assert from "node:assert/strict";
import { test } from "node:test";
import { createMoney } from "../../app/static/js/lib/money.js";

const cedis = createMoney({ locale: "en-GH", currency: "GHS" });

test("minor units become the school's money, as the server writes it", () => {
  assert.equal(cedis.format(123450), "GH₵1,234.50");
  assert.equal(cedis.format(0), "GH₵0.00");
  assert.equal(cedis.format(5), "GH₵0.05");
  assert.equal(cedis.format(10 ** 12), "GH₵10,000,000,000.00");
  assert.equal(cedis.format(-5000), "-GH₵50.00");
});

test("a wall shows whole units, with the unit apart", () => {
  assert.equal(cedis.whole(123450), "GH₵1,235");
  assert.deepEqual(cedis.wholeParts(123450), ["1,235", "GH₵", ""]);
  assert.deepEqual(cedis.wholeParts(-123450), ["-GH₵1,235", "", ""]);
  const francs = createMoney({ locale: "fr-CI", currency: "XOF" });
  assert.deepEqual(francs.wholeParts(1235), ["1\u202f235", "", "\u00a0F\u202fCFA"], "a unit may stand behind");
});

test("an axis shows short amounts", () => {
  assert.equal(cedis.short(120_000_00), "120K");
});

test("a currency without decimals is not divided", () => {
  assert.match(createMoney({ locale: "en", currency: "XOF" }).format(1500), /1,500$/);
});

test("what is typed is understood as the server does, or not at all", () => {
  const understood = { 150: 15000, "150.5": 15050, "1,500.00": 150000, " 20 ": 2000, "1,234,567.89": 123456789 };
  for (const [text, minor] of Object.entries(understood)) assert.equal(cedis.read(text), minor, text);
  for (const text of ["", "-5", "1e9", "NaN", "1.234", "1,50", "15,00.00", "١٥", "abc", "+3"]) assert.equal(cedis.read(text), null, text);
});
