/** A clock that only moves when told, a socket that only says what it is told, and repeatable chance. */

export class FakeClock {
  constructor() {
    this.time = 0;
    this.timers = [];
    this.next = 1;
  }

  now() {
    return this.time;
  }

  setTimeout(run, ms) {
    this.timers.push({ id: this.next, at: this.time + ms, run });
    return this.next++;
  }

  setInterval(run, ms) {
    this.timers.push({ id: this.next, at: this.time + ms, run, every: ms });
    return this.next++;
  }

  clearTimeout(id) {
    this.timers = this.timers.filter((timer) => timer.id !== id);
  }

  clearInterval(id) {
    this.clearTimeout(id);
  }

  /** Let time pass; timers run at their moments. */
  async pass(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.time = Math.max(this.time, due.at);
      if (due.every) due.at += due.every;
      else this.clearTimeout(due.id);
      due.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.time = end;
  }

  /** A machine that slept: time is gone, no timer ran. */
  sleep(ms) {
    this.time += ms;
    for (const timer of this.timers) timer.at += ms;
  }
}

export class FakeSocket {
  constructor() {
    this.connected = false;
    this.active = false;
    this.listeners = {};
    this.sent = [];
    this.connects = 0;
    this.opens = () => {};
    this.io = { on: (event, listener) => event === "open" && (this.opens = listener) };
  }

  on(event, listener) {
    this.listeners[event] = listener;
  }

  emit(event, payload) {
    this.sent.push([event, payload]);
  }

  connect() {
    this.connects += 1;
    this.active = true;
  }

  disconnect() {
    this.active = false;
    this.drop("io client disconnect");
  }

  /** What the server does. */
  hear(event, payload) {
    this.listeners[event](payload);
  }

  accept() {
    this.connected = true;
    this.active = true;
    this.hear("connect");
  }

  /** What the line does: it brings the server's first word, with the end of it behind. */
  openAndEnd() {
    this.opens();
    this.hear("disconnect", "transport close");
  }

  refuse() {
    this.active = false;
    this.hear("connect_error", new Error("not_signed_in"));
  }

  drop(reason) {
    if (!this.connected) return;
    this.connected = false;
    if (reason === "io server disconnect") this.active = false;
    this.hear("disconnect", reason);
  }

  asked() {
    return this.sent.filter(([event]) => event === "hello").length;
  }
}

/** The same "random" numbers for the same seed. */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
