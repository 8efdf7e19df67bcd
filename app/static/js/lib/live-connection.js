import { LiveState } from "./live-state.js";
import { statusOf } from "./connection-status.js";

const TICK = 1_000;
const SLEPT = 5_000;
const ANSWER_WITHIN = 5_000;
const BEHIND_FOR = 1_000;
const RESYNC_SPREAD = 500;
const POLL_AFTER = 10_000;
const POLL_EVERY = [15_000, 30_000];
const RETRY_FIRST = 5_000;
const RETRY_MOST = 60_000;

/**
 * Keeps a LiveState true over a socket that drops, sleeps, is refused or goes silent.
 *
 * Everything of the world is handed in: `socket` (a Socket.IO client made with autoConnect false),
 * `clock`, `fetch`, `random`, `hidden()`. Events for `on`: figures(names), status({state, at}), notify,
 * changed, progress, ctl, connected(again), refused (the server does not know this screen any more).
 */
export class LiveConnection {
  constructor({ socket, clock, fetch, statsUrl, random = Math.random, hidden = () => false, state = new LiveState(), at = null }) {
    Object.assign(this, { socket, clock, fetch, statsUrl, random, hidden, state });
    this.listeners = new Map();
    this.status = "connecting";
    this.provedAt = this.heardAt = clock.now();
    this.lastAt = this.toldAt = at;
    this.proved = false;
    this.polled = false;
    this.lostAt = clock.now();
    this.refusals = 0;
    this.asking = null;
    this.seenIds = new Set();
  }

  on(event, listener) {
    if (!this.listeners.has(event)) this.listeners.set(event, []);
    this.listeners.get(event).push(listener);
    return this;
  }

  tell(event, payload) {
    for (const listener of this.listeners.get(event) || []) listener(payload);
  }

  /** What the socket sends with each connect: the server answers with a head when this is up to date. */
  credentials(token) {
    return Object.assign({ epoch: this.state.epoch, cursor: this.state.cursor }, token ? { token } : {});
  }

  start() {
    const { socket } = this;
    // Listeners first: the server may speak before the client's own "connect".
    socket.on("stats:snapshot", (message) => this.onSnapshot(message));
    socket.on("stats:delta", (message) => this.onDelta(message));
    socket.on("stats:head", (message) => this.onHead(message));
    socket.on("notify", (message) => this.onNotify(message));
    for (const name of ["changed", "progress"]) socket.on(name, (message) => this.tell(name, message));
    socket.on("ctl", (message) => this.onControl(message));
    socket.on("connect", () => this.onConnect());
    socket.on("disconnect", (reason) => this.onDisconnect(reason));
    socket.on("connect_error", (error) => this.onRefusal(error));
    this.lastTick = this.clock.now();
    this.ticker = this.clock.setInterval(() => this.tick(), TICK);
    socket.connect();
    return this;
  }

  stop() {
    this.stopped = true;
    this.clock.clearInterval(this.ticker);
    for (const name of ["asking", "behind", "retry", "answer", "doubt"]) this.cancel(name);
    this.socket.disconnect();
  }

  // ---- figures

  onSnapshot(message) {
    this.answered(message.at);
    this.tell("figures", this.state.snapshot(message));
    if (this.state.early.length) this.resync();
  }

  onDelta(message) {
    this.prove(message.at);
    const { changed, gap } = this.state.delta(message);
    if (changed.length) this.tell("figures", changed);
    if (gap) this.resync();
  }

  onHead(message) {
    this.answered(message.at);
    this.workerAge = message.worker_age;
    const verdict = this.state.compare(message);
    if (verdict === "foreign" || (verdict === "current" && this.state.waits)) this.resync();
    if (verdict === "behind") this.later("behind", BEHIND_FOR, () => this.state.compare(message) === "behind" && this.resync());
    // Asked once for each such beacon: a room may lag behind the snapshot's version without harm.
    if (verdict === "ahead" && this.aheadOf !== message.version) {
      this.aheadOf = message.version;
      this.resync();
    }
  }

  /** Ask for the state: after a random moment, so that a room does not ask at once, and one question at a time. */
  resync(spread = RESYNC_SPREAD) {
    if (this.asking || this.answer || !this.socket.connected) return;
    this.later("asking", this.random() * spread, () => {
      if (!this.socket.connected) return;
      this.socket.emit("hello", { epoch: this.state.epoch, cursor: this.state.cursor });
      this.later("answer", ANSWER_WITHIN, () => this.resync());
    });
  }

  answered(at) {
    this.cancel("answer");
    this.refusals = 0;
    this.prove(at);
  }

  // ---- the rest of the messages

  onNotify(message) {
    if (this.seenIds.has(message.id)) return;
    this.seenIds.add(message.id);
    if (this.seenIds.size > 500) this.seenIds.delete(this.seenIds.values().next().value);
    this.tell("notify", message);
  }

  onControl(message) {
    if (message.drain) this.drainSpread = message.drain.max_delay_ms || 5_000;
    this.tell("ctl", message);
  }

  // ---- the socket comes and goes

  onConnect() {
    this.lostAt = null;
    this.heardAt = this.clock.now();
    this.cancel("retry");
    // The server speaks first; this is for the case that its word was lost.
    this.later("answer", ANSWER_WITHIN, () => this.resync());
    this.judge();
    this.tell("connected", this.wasConnected === true);
    this.wasConnected = true;
  }

  onDisconnect() {
    if (this.lostAt === null) this.lostAt = this.clock.now();
    for (const name of ["asking", "behind", "answer", "doubt"]) this.cancel(name);
    if (this.stopped) return;
    if (this.drainSpread) {
      this.socket.disconnect();
      this.later("retry", this.random() * this.drainSpread, () => this.socket.connect());
      this.drainSpread = 0;
    } else {
      this.retryIfRefused();
    }
  }

  onRefusal(error) {
    if (error && error.message === "not_signed_in") this.tell("refused");
    this.retryIfRefused();
  }

  /** A client that was refused or sent away does not come back by itself: a wall would stay dark for ever. */
  retryIfRefused() {
    if (this.socket.active || this.retry) return;
    const wait = Math.min(RETRY_MOST, RETRY_FIRST * 2 ** this.refusals) * (0.75 + this.random() / 2);
    this.refusals += 1;
    this.later("retry", wait, () => this.socket.connect());
  }

  /** The screen may have slept or changed networks: find out now instead of when the next timer says. */
  wake() {
    if (!this.socket.connected) {
      this.reconnect();
      return;
    }
    const before = this.provedAt;
    this.resync(0);
    // After a sleep the socket may be open on our side only; its own time-out takes up to 45 s.
    this.later("doubt", ANSWER_WITHIN, () => this.provedAt === before && this.reconnect());
  }

  reconnect() {
    this.socket.disconnect();
    this.cancel("retry");
    this.socket.connect();
  }

  tick() {
    const now = this.clock.now();
    if (now - this.lastTick > SLEPT && !this.hidden()) this.wake();
    this.lastTick = now;
    this.judge();
    if (this.shouldPoll(now)) this.poll(now);
  }

  // ---- how fresh

  prove(at, polled = false) {
    this.provedAt = this.clock.now();
    this.proved = true;
    this.polled = polled;
    if (!polled) this.heardAt = this.provedAt;
    if (at) this.lastAt = at;
    this.judge();
  }

  judge() {
    const now = this.clock.now();
    const disconnectedFor = this.lostAt === null ? 0 : now - this.lostAt;
    let state = statusOf({ age: now - this.provedAt, disconnectedFor, polled: this.polled });
    if (!this.proved && state === "live") state = "connecting";
    if (state === this.status && this.toldAt === this.lastAt) return;
    this.status = state;
    this.toldAt = this.lastAt;
    this.tell("status", { state, at: this.lastAt });
  }

  // ---- without a socket: ask over HTTP, almost always answered "not modified"

  shouldPoll(now) {
    const lost = this.lostAt !== null && now - this.lostAt >= POLL_AFTER;
    const silent = now - this.heardAt > 60_000;
    return (lost || silent) && !this.polling && now >= (this.nextPoll || 0) && !this.hidden();
  }

  async poll(now) {
    this.polling = true;
    this.nextPoll = now + POLL_EVERY[0] + this.random() * (POLL_EVERY[1] - POLL_EVERY[0]);
    const etag = this.etag || `"${this.state.epoch}:${this.state.cursor}"`;
    const { provedAt } = this;
    try {
      const answer = await this.fetch(this.statsUrl, { headers: { Accept: "application/json", "If-None-Match": etag }, cache: "no-store", credentials: "same-origin" });
      const body = answer.status === 200 ? await answer.json() : null;
      // What the socket said meanwhile is newer, and this answer may be another process's, whose versions say nothing here.
      if (this.provedAt !== provedAt) return;
      if (answer.status === 304) this.prove(serverTime(answer), true);
      if (body) {
        this.etag = answer.headers.get("ETag") || `"${body.epoch}:${body.version}"`;
        this.prove(body.at, true);
        this.tell("figures", this.state.snapshot(body));
      }
      if (answer.status === 401) this.tell("refused");
    } catch {
      // No network: the next tick tries again, and the status already says so.
    } finally {
      this.polling = false;
    }
  }

  // ---- named timers

  later(name, ms, run) {
    this.cancel(name);
    this[name] = this.clock.setTimeout(() => {
      this[name] = null;
      run();
    }, ms);
  }

  cancel(name) {
    if (this[name]) this.clock.clearTimeout(this[name]);
    this[name] = null;
  }
}

function serverTime(answer) {
  const date = answer.headers.get("Date");
  return date ? new Date(date).toISOString() : null;
}
