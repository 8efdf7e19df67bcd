import assert from "node:assert/strict";
import { test } from "node:test";
import { sharesOf } from "../../app/static/js/lib/shares.js";

const fees = [
  { id: 1, owed: 600, what: "Tuition" },
  { id: 2, owed: 50, what: "Books" },
];
const parts = ({ shares, credit }) => [shares.map(({ id, part, rest }) => [id, part, rest]), credit];

test("the oldest fee is settled first", () => {
  assert.deepEqual(parts(sharesOf(100, fees)), [[[1, 100, 500]], 0]);
  assert.deepEqual(parts(sharesOf(620, fees)), [[[1, 600, 0], [2, 20, 30]], 0]);
});

test("a chosen fee comes before the others", () => {
  assert.deepEqual(parts(sharesOf(80, fees, 2)), [[[2, 50, 0], [1, 30, 570]], 0]);
});

test("no money appears or vanishes", () => {
  for (const amount of [0, 1, 49, 50, 649, 650, 651, 10_000]) {
    for (const chosen of [null, 1, 2, 99]) {
      const { shares, credit } = sharesOf(amount, fees, chosen);
      assert.equal(shares.reduce((sum, { part }) => sum + part, credit), amount);
    }
  }
});
