import assert from "node:assert/strict";
import { test } from "node:test";
import { statusOf, statusWords } from "../../app/static/js/lib/connection-status.js";

test("the state follows the last proof, not the socket", () => {
  const connected = (age) => statusOf({ age, disconnectedFor: 0, polled: false });
  assert.deepEqual([0, 24_999, 25_000, 60_000, 60_001].map(connected), ["live", "live", "delayed", "delayed", "offline"]);
});

test("figures over HTTP stand in for a lost socket, but are never called live", () => {
  const lost = { disconnectedFor: 20_000, age: 1_000 };
  assert.equal(statusOf({ ...lost, polled: false }), "offline");
  assert.equal(statusOf({ ...lost, polled: true }), "delayed");
  assert.equal(statusOf({ ...lost, polled: true, age: 61_000 }), "offline");
});

test("figures over HTTP stand in for a socket that says nothing, but are never called live", () => {
  const silent = (age) => statusOf({ age, disconnectedFor: 0, polled: true });
  assert.deepEqual([0, 60_000, 60_001].map(silent), ["delayed", "delayed", "offline"]);
});

test("each state is said in words", () => {
  assert.equal(statusWords("live", "10:41"), "Live");
  assert.equal(statusWords("delayed", "10:41"), "Delayed since 10:41");
  assert.match(statusWords("offline", "10:41"), /^Offline.*10:41/);
});
