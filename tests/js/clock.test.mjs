import assert from "node:assert/strict";
import { test } from "node:test";
import { lastDays, lastMonths, momentOf, SchoolClock, systemClock } from "../../app/static/js/lib/clock.js";
import { FakeClock } from "./support.mjs";

test("the school's day follows the server's clock and the school's zone, not the screen's", () => {
  const clock = new FakeClock();
  const accra = new SchoolClock({ timezone: "Africa/Accra", clock, at: 0 });
  assert.equal(accra.heard, false);
  accra.hear("2026-11-22T23:59:30Z");
  assert.equal(accra.heard, true);
  assert.equal(accra.today(), "2026-11-22");
  clock.time += 60_000;
  assert.equal(accra.today(), "2026-11-23");
  const nairobi = new SchoolClock({ timezone: "Africa/Nairobi", clock, at: "2026-11-22T21:30:00Z" });
  assert.equal(nairobi.today(), "2026-11-23");
  assert.equal(nairobi.time("2026-11-22T21:30:00Z"), "00:30");
});

test("a message without a time does not move the clock", () => {
  const school = new SchoolClock({ timezone: "Africa/Accra", clock: new FakeClock(), at: "2026-11-22T10:00:00Z" });
  school.hear(undefined);
  assert.equal(school.today(), "2026-11-22");
  assert.equal(momentOf(1700000000), 1700000000000);
});

test("days and months are counted back over the ends of months and years", () => {
  assert.deepEqual(lastDays("2026-03-01", 3), ["2026-02-27", "2026-02-28", "2026-03-01"]);
  assert.deepEqual(lastMonths("2026-02-15", 4), ["2025-11", "2025-12", "2026-01", "2026-02"]);
  assert.equal(lastMonths("2026-12-31", 12)[0], "2026-01");
});

test("time spent asleep counts, although the steady clock stood still", () => {
  let steady = 0;
  let wall = 1_000_000;
  const clock = systemClock({ performance: { now: () => steady }, Date: { now: () => wall } });
  steady += 1000;
  wall += 1000;
  assert.equal(clock.now(), 1000);
  wall += 600_000;
  assert.equal(clock.now(), 601_000);
});
