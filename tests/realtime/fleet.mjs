/**
 * Many screens in one process: each a page's own live connection (app/static/js/lib) with a socket, a clock, a fetch
 * and chance that only do what they are told. A line of input is a list of orders [name, ...]; the line of output is a
 * list of what the screens did meanwhile: ["hello", screen, question], ["poll", screen, number, etag], ["left", screen],
 * and the answers to "dial" and "state".
 */
import { createInterface } from "node:readline";
import { LiveConnection } from "../../app/static/js/lib/live-connection.js";
import { LiveState } from "../../app/static/js/lib/live-state.js";
import { FakeClock, FakeSocket, chance } from "../js/support.mjs";

/** What a state would be that takes every delta, whatever it follows. */
class Chainless extends LiveState {
  follows() {
    return true;
  }
}

let done = [];
let screens = [];

/** Keeps what comes before "connect", as the official client does, also over a connection that never was. */
class Socket extends FakeSocket {
  constructor(number) {
    super();
    Object.assign(this, { number, dialled: false, early: [] });
  }

  emit(event, payload) {
    done.push([event, this.number, payload]);
  }

  disconnect() {
    if (this.dialled) done.push(["left", this.number]);
    super.disconnect();
    this.dialled = false;
  }

  take(event, payload) {
    if (this.connected) this.hear(event, payload);
    else if (this.dialled) this.early.push([event, payload]);
  }

  accept() {
    if (!this.dialled) return;
    this.connected = true;
    for (const each of this.early.splice(0)) this.hear(...each);
    this.hear("connect");
  }

  /** The connection is gone; unlike the one of unit tests, it says so also when it had only been dialled. */
  cut(reason) {
    if (!this.dialled) return;
    this.connected = this.dialled = false;
    if (reason === "io server disconnect") this.active = false;
    this.hear("disconnect", reason);
  }
}

class Screen {
  constructor(number, state) {
    this.number = number;
    this.clock = new FakeClock();
    this.socket = new Socket(number);
    this.asked = [];
    this.connection = new LiveConnection({
      socket: this.socket,
      clock: this.clock,
      state,
      statsUrl: "/api/v1/stats",
      random: chance(number + 1),
      fetch: (url, { headers }) => new Promise((resolve, reject) => {
        done.push(["poll", number, this.asked.push({ resolve, reject }) - 1, headers["If-None-Match"]]);
      }),
    }).start();
  }

  state() {
    const { state, status } = this.connection;
    return { epoch: state.epoch, cursor: state.cursor, waits: state.waits, metrics: Object.fromEntries(state.metrics) };
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const orders = {
  begin(count, withoutChain) {
    screens = Array.from({ length: count }, (_, number) => new Screen(number, withoutChain ? new Chainless() : new LiveState()));
  },
  /** What a screen says when it opens a connection; null when it does not want to. */
  dial(number) {
    const { socket, connection } = screens[number];
    const wants = socket.active && !socket.dialled;
    if (wants) socket.dialled = true;
    done.push(["dial", number, wants ? connection.credentials(null) : null]);
  },
  accept: (number) => screens[number].socket.accept(),
  hear: (number, [event, payload]) => screens[number].socket.take(event, payload),
  cut: (number, reason) => screens[number].socket.cut(reason),
  pass: (number, ms) => screens[number].clock.pass(ms),
  sleep: (number, ms) => screens[number].clock.sleep(ms),
  async page(number, question, status, etag, body) {
    const { resolve, reject } = screens[number].asked[question];
    if (status) resolve({ status, json: async () => body, headers: { get: (name) => (name === "ETag" ? etag : null) } });
    else reject(new TypeError("no network"));
    await settled();
  },
  state: (number) => done.push(["state", number, screens[number].state()]),
};

for await (const line of createInterface({ input: process.stdin })) {
  for (const [name, ...rest] of JSON.parse(line)) await orders[name](...rest);
  process.stdout.write(`${JSON.stringify(done)}\n`);
  done = [];
}
