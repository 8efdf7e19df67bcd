import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveState } from "../../app/static/js/lib/live-state.js";
import { createMoney } from "../../app/static/js/lib/money.js";
import { rowsOfPoint, spread } from "../../app/static/js/lib/pace-chart.js";
import { periodCharts } from "../../app/static/js/lib/period-charts.js";

const week = {
  kind: "week",
  title: "16–22 Nov 2026",
  current: true,
  labels: ["Mon 16", "Tue 17", "Wed 18"],
  titles: ["Monday", "Tuesday", "Wednesday"],
  collected: [100, 200, 300],
  income: [110, 210, 310],
  expenses: [1, 2, 3],
  present: [30, 0, 28],
  absent: [1, 0, 2],
  names: { collected: [["daily_fees_2026-11-16"], ["daily_fees_2026-11-17"], null], income: [null, null, null], expenses: [null, null, null] },
  links: { collected: ["/c0", "/c1", "/c2"], income: ["/i0", "/i1", "/i2"], expenses: ["/e0", "/e1", "/e2"], attendance: ["/a0", "/a1", "/a2"] },
};

function drawn(changes = {}) {
  const state = new LiveState();
  state.seed({ "daily_fees_2026-11-16": 100, "daily_fees_2026-11-17": 250 });
  const world = { period: { ...week, ...changes } };
  return { state, world, charts: periodCharts({ state, money: createMoney(), period: () => world.period }) };
}

test("what screens know is added up, the rest is as the server said", () => {
  const { charts, state } = drawn();
  const values = () => charts.collections.series[0].values();
  assert.deepEqual(values(), [100, 250, 300]);
  state.snapshot({ epoch: "a", version: 2, metrics: { "daily_fees_2026-11-17": [900, 2] } });
  assert.deepEqual(values(), [0, 900, 300], "a figure that the server does not name any more is zero");
  assert.deepEqual(charts["income-expenses"].series.map((series) => series.values()), [[110, 210, 310], [1, 2, 3]]);
});

test("a fresh answer of the server is drawn at once", () => {
  const { charts, world } = drawn();
  world.period = { ...week, expenses: [7, 8, 9] };
  assert.deepEqual(charts["income-expenses"].series[1].values(), [7, 8, 9]);
});

test("a bar leads to its own rows, also where days without a register are left out", () => {
  const { charts } = drawn();
  assert.equal(charts.collections.links(1), "/c1");
  assert.equal(charts["income-expenses"].links(2, 0), "/i2");
  assert.equal(charts["income-expenses"].links(2, 1), "/e2");
  assert.deepEqual(charts.attendance.labels(), ["Mon 16", "Wed 18"]);
  assert.equal(charts.attendance.links(1), "/a2");
});

test("the words say the sum, the best part, and for a day what it brought", () => {
  assert.equal(drawn().charts.collections.words(), "16–22 Nov 2026: GH₵6.50 collected. Best: Wed 18 with GH₵3.00.");
  assert.match(drawn({ kind: "day" }).charts.collections.words(), /^Last 3 days: GH₵6\.50 collected, GH₵3\.00 of it today\./);
  const past = drawn({ kind: "day", current: false, title: "Wednesday" }).charts;
  assert.match(past.collections.words(), /^3 days up to Wednesday: .* of it on that day\./);
  assert.equal(drawn({ present: [0, 0, 0], absent: [0, 0, 0] }).charts.attendance.words(), "16–22 Nov 2026: no register.");
  assert.match(drawn().charts["income-expenses"].words(), /income GH₵6\.30, expenses GH₵0\.06/);
});

test("a point of a term leads to the fee income from its first day on", () => {
  assert.equal(rowsOfPoint({ starts_on: "2026-02-27" }, 0), "/transactions?type=fees&from=2026-02-27&to=2026-02-27");
  assert.equal(rowsOfPoint({ starts_on: "2026-02-27" }, 2), "/transactions?type=fees&from=2026-02-27&to=2026-03-01");
});

test("names at the ends of lines stand apart, in the order of the lines, and inside", () => {
  assert.deepEqual(spread([50, 52, 20], 15, 200), [50, 65, 20]);
  const low = spread([195, 198, 199], 15, 200);
  assert.ok(low[0] < low[1] && low[1] < low[2] && low[2] <= 200);
  assert.ok(low[1] - low[0] >= 15 && low[2] - low[1] >= 15);
});
