import assert from "node:assert/strict";
import { test } from "node:test";
import { percentOf, worth } from "../../app/static/js/lib/work.js";

test("running work is shown to everybody who asks, ended work only where it was watched", () => {
  const jobs = [
    { job: "a", state: "running" },
    { job: "b", state: "done" },
    { job: "c", state: "cancelled" },
  ];
  assert.deepEqual(worth(jobs, new Set(["c"])).map(({ job }) => job), ["a", "c"]);
});

test("without a total nobody knows how far it is, and the end is not more than all of it", () => {
  assert.equal(percentOf({ done: 3, total: 0 }), null);
  assert.equal(percentOf({ done: 199, total: 200 }), 99);
  assert.equal(percentOf({ done: 201, total: 200 }), 100);
});
