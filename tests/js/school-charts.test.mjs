import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTemplate, valueOf } from "../../app/static/js/lib/figures.js";
import { LiveState } from "../../app/static/js/lib/live-state.js";
import { createMoney } from "../../app/static/js/lib/money.js";
import { chartDefinitions } from "../../app/static/js/lib/school-charts.js";

function school(metrics, today = "2026-11-20") {
  const state = new LiveState();
  state.seed(metrics);
  const world = { today, classes: [{ id: 1, name: "Basic 1" }, { id: 2, name: "Basic 2" }] };
  const charts = chartDefinitions({ state, money: createMoney(), locale: "en-GB", today: () => world.today, classes: () => world.classes });
  return { world, charts };
}

test("income and expenses are shown by month, oldest first", () => {
  const { charts } = school({ "monthly_income_2026-11": 500, "monthly_expenses_2025-12": 300 });
  const [income, expenses] = charts["income-expenses"].series.map(({ values }) => values());
  assert.equal(income.length, 12);
  assert.equal(income[11], 500);
  assert.equal(expenses[0], 300);
  assert.match(charts["income-expenses"].words(), /income GH₵5\.00, expenses GH₵3\.00/);
});

test("the days of a chart follow the school's day", () => {
  const { charts, world } = school({ "daily_fees_2026-11-20": 700, "daily_fees_2026-11-21": 900 });
  const values = () => charts.collections.series[0].values();
  assert.equal(values()[29], 700);
  world.today = "2026-11-21";
  assert.deepEqual(values().slice(28), [700, 900]);
  assert.match(charts.collections.words(), /GH₵9\.00 of it today/);
});

test("days without a register are no days of school", () => {
  const { charts } = school({ "attendance_2026-11-19": 30, "attendance_2026-11-19_absent": 2, "attendance_2026-11-20_absent": 1 });
  const [present, absent] = charts.attendance.series.map(({ values }) => values());
  assert.deepEqual([present, absent], [[30, 0], [2, 1]]);
  assert.equal(charts.attendance.labels().length, 2);
});

test("each class has its bar and its words", () => {
  const { charts } = school({ class_1_fees_collected: 100, class_2_fees_outstanding: 250 });
  assert.deepEqual(charts.classes.labels(), ["Basic 1", "Basic 2"]);
  assert.match(charts.classes.words(), /Basic 2: GH₵0\.00 collected, GH₵2\.50 outstanding/);
});

test("a tile of several figures shows their sum, and nothing as long as nothing is known", () => {
  const state = new LiveState();
  assert.equal(valueOf(state, ["monthly_fees_2026-10"]), null);
  state.snapshot({ epoch: "a", version: 1, metrics: { "monthly_fees_2026-10": [100, 1], "monthly_fees_2026-11": [50, 1] } });
  assert.equal(valueOf(state, ["monthly_fees_2026-10", "monthly_fees_2026-11"]), 150);
  assert.equal(valueOf(state, ["daily_fees_2026-11-20"]), 0, "a figure that the server does not name is zero");
  assert.equal(fillTemplate("daily_fees_{today} monthly_fees_{month}", "2026-11-20"), "daily_fees_2026-11-20 monthly_fees_2026-11");
});
