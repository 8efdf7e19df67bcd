import assert from "node:assert/strict";
import { test } from "node:test";
import { percent } from "../../app/static/js/lib/wall-tiles.js";

test("a share is rounded as on the dashboard, and only all of it is 100", () => {
  // The same cases as in tests/domain/test_periods.py.
  for (const [part, points] of [[0, 0], [4, 0], [5, 1], [894, 89], [895, 90], [999, 99], [1000, 100], [1014, 101]]) assert.equal(percent(part, 1000), points);
});

test("there is no share of nothing", () => {
  assert.equal(percent(0, 0), null);
  assert.equal(percent(5, 0), null);
});
