import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveState } from "../../app/static/js/lib/live-state.js";

const snapshot = (version, metrics, epoch = "a") => ({ epoch, version, metrics });
const delta = (base, version, metrics, epoch = "a") => ({ epoch, base, version, metrics });

function stateAt5() {
  const state = new LiveState();
  state.snapshot(snapshot(5, { fees: [100, 5], students: [7, 2] }));
  return state;
}

test("a snapshot is the whole state", () => {
  const state = stateAt5();
  assert.equal(state.get("fees"), 100);
  assert.equal(state.get("unknown"), undefined);
  assert.equal(state.cursor, 5);
});

test("a delta replaces what it names and tells what changed", () => {
  const state = stateAt5();
  assert.deepEqual(state.delta(delta(5, 6, { fees: [150, 6], students: [7, 2] })), { changed: ["fees"], gap: false });
  assert.equal(state.get("fees"), 150);
  assert.equal(state.cursor, 6);
});

test("a repeated delta changes nothing", () => {
  const state = stateAt5();
  state.delta(delta(5, 6, { fees: [150, 6] }));
  assert.deepEqual(state.delta(delta(5, 6, { fees: [150, 6] })), { changed: [], gap: false });
  assert.equal(state.cursor, 6);
});

test("a lost delta is noticed at the next one, whose figures wait", () => {
  const state = stateAt5();
  assert.deepEqual(state.delta(delta(6, 7, { students: [8, 7] })), { changed: [], gap: true });
  assert.equal(state.get("students"), 7);
  state.snapshot(snapshot(7, { fees: [150, 6], students: [8, 7] }));
  assert.equal(state.get("fees"), 150);
  assert.equal(state.early.length, 0);
});

test("two deltas in the wrong order heal without a question once both are here", () => {
  const state = stateAt5();
  assert.equal(state.delta(delta(6, 7, { students: [8, 7] })).gap, true);
  assert.deepEqual(state.delta(delta(5, 6, { fees: [150, 6] })), { changed: ["fees", "students"], gap: false });
  assert.equal(state.cursor, 7);
});

test("a late delta never takes a figure back", () => {
  const state = stateAt5();
  state.snapshot(snapshot(8, { fees: [300, 8], students: [7, 2] }));
  state.delta(delta(5, 6, { fees: [150, 6] }));
  assert.equal(state.get("fees"), 300);
  assert.equal(state.cursor, 8);
});

test("deltas before the snapshot wait for it", () => {
  const state = new LiveState();
  assert.deepEqual(state.delta(delta(5, 6, { fees: [150, 6] })), { changed: [], gap: false });
  assert.deepEqual(state.snapshot(snapshot(5, { fees: [100, 5] })), ["fees"]);
  assert.equal(state.get("fees"), 150);
  assert.equal(state.cursor, 6);
});

test("a late snapshot of the same epoch does not undo newer figures", () => {
  const state = stateAt5();
  state.delta(delta(5, 9, { fees: [400, 9] }));
  state.snapshot(snapshot(6, { fees: [150, 6], students: [7, 2], teachers: [3, 6] }));
  assert.equal(state.get("fees"), 400);
  assert.equal(state.get("teachers"), 3);
  assert.equal(state.cursor, 9);
});

test("another epoch throws the old figures away, also when its versions are lower", () => {
  const state = stateAt5();
  assert.equal(state.delta(delta(1, 2, { fees: [1, 2] }, "b")).gap, true);
  assert.equal(state.get("fees"), 100);
  state.snapshot(snapshot(1, { students: [9, 1] }, "b"));
  assert.equal(state.get("fees"), 1, "the delta that waited belongs to the new epoch");
  assert.equal(state.get("students"), 9);
  assert.equal(state.cursor, 2);
});

test("a figure that a snapshot no longer names is gone, and that is told", () => {
  const state = stateAt5();
  assert.deepEqual(state.snapshot(snapshot(6, { fees: [100, 5] })), ["students"]);
});

test("the beacon is compared with the cursor", () => {
  const state = stateAt5();
  assert.equal(state.compare({ epoch: "a", version: 5 }), "current");
  assert.equal(state.compare({ epoch: "a", version: 6 }), "behind");
  assert.equal(state.compare({ epoch: "a", version: 4 }), "ahead");
  assert.equal(state.compare({ epoch: "b", version: 5 }), "foreign");
  assert.equal(new LiveState().compare({ epoch: "a", version: 5 }), "foreign");
});

test("figures drawn by the server are shown first and win over nothing", () => {
  const state = new LiveState();
  state.seed({ fees: 90, students: 7 });
  assert.equal(state.sum(["fees", "students", "absent"]), 97);
  state.snapshot(snapshot(5, { fees: [100, 0] }));
  assert.equal(state.get("fees"), 100);
  assert.equal(state.get("students"), undefined);
});

test("what waits has a limit, and what falls out is still noticed", () => {
  const state = stateAt5();
  for (let version = 7; version < 400; version += 1) state.delta(delta(version - 1, version, { fees: [version, version] }));
  assert.ok(state.early.length <= 256);
  state.snapshot(snapshot(5, { fees: [100, 5] }));
  assert.ok(state.early.length > 0, "the gap is still open");
});
