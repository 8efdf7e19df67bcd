/** Random schools, random networks: after everything has arrived or been lost, and one beacon, every screen is right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveState } from "../../app/static/js/lib/live-state.js";
import { chance } from "./support.mjs";

const KEYS = ["fees", "students", "income", "present"];

class Server {
  constructor(random) {
    Object.assign(this, { random, epoch: "e0", version: 0, sent: 0, truth: {}, restarts: 0 });
  }

  write() {
    this.version += 1;
    const changed = KEYS.filter(() => this.random() < 0.5);
    for (const key of changed) this.truth[key] = [Math.floor(this.random() * 1000), this.version];
  }

  delta() {
    const newer = Object.entries(this.truth).filter(([, [, version]]) => version > this.sent);
    if (!newer.length) return null;
    const message = { kind: "delta", epoch: this.epoch, base: this.sent, version: this.version, metrics: Object.fromEntries(newer) };
    this.sent = this.version;
    return message;
  }

  snapshot() {
    return { kind: "snapshot", epoch: this.epoch, version: this.version, metrics: { ...this.truth } };
  }

  head() {
    return { kind: "head", epoch: this.epoch, version: this.sent };
  }

  /** An older backup came back: other figures, lower versions, another epoch. */
  restore() {
    this.restarts += 1;
    Object.assign(this, { epoch: `e${this.restarts}`, version: 1, sent: 1, truth: Object.fromEntries(KEYS.map((key) => [key, [Math.floor(this.random() * 1000), 1]])) });
  }
}

/** One screen of this class in one random schedule; true when it ends with the server's figures. */
function converges(State, seed) {
  const random = chance(seed);
  const server = new Server(random);
  const state = new State();
  let network = [];
  const send = (message) => {
    if (!message || random() < 0.2) return;
    network.push(message);
    if (random() < 0.1) network.push(message);
  };
  const reliably = (message) => network.push(message);
  let asked = false;
  const hear = (message) => {
    let ask = false;
    if (message.kind === "snapshot") {
      state.snapshot(message);
      ask = state.early.length > 0;
      asked = false;
    } else if (message.kind === "delta") ask = state.delta(message).gap;
    else ask = state.compare(message) !== "current";
    if (ask && !asked) {
      asked = true;
      // The answer is read when the question arrives, and may be overtaken by later deltas.
      reliably(server.snapshot());
    }
  };

  reliably(server.snapshot());
  for (let step = 0; step < 60; step += 1) {
    const what = random();
    if (what < 0.4) server.write();
    else if (what < 0.65) send(server.delta());
    else if (what < 0.68) server.restore();
    else if (what < 0.72) send(server.head());
    else if (network.length) hear(network.splice(Math.floor(random() * Math.min(network.length, 4)), 1)[0]);
  }
  send(server.delta());
  for (let round = 0; round < 4; round += 1) {
    while (network.length) hear(network.shift());
    asked = false;
    hear(server.head());
  }
  return KEYS.every((key) => state.get(key) === server.truth[key]?.[0]);
}

const stale = (State, seeds) => Array.from({ length: seeds }, (_, seed) => seed).filter((seed) => !converges(State, seed));

test("2,000 random schedules with loss, repeats and reordering leave no screen stale", () => {
  assert.deepEqual(stale(LiveState, 2000), []);
});

test("without the base chain screens stay stale, so the simulation can see it", () => {
  class Chainless extends LiveState {
    follows() {
      return true;
    }
  }
  assert.ok(stale(Chainless, 2000).length > 0);
});

test("without the versions of single figures screens stay stale, too", () => {
  class Careless extends LiveState {
    merge(metrics) {
      for (const [name, entry] of Object.entries(metrics)) this.metrics.set(name, entry);
    }
  }
  assert.ok(stale(Careless, 2000).length > 0);
});
