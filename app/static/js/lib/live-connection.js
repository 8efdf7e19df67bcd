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
const POLL_WITHIN = 10_000;
const SILENT_FOR = [12_000, 14_000];
const SPEAKS_WITHIN = 2_000;
const PATIENTLY = 6;
const REFUSED_WITHIN = 2_000;
const LIVED = 10_000;
const SHORT_LIVES = 3;
const HANGS = 1_500;
const HANGS_AT_A_BUSY_SERVER = [15_000, 25_000];
const ANSWERS_WHEN_BACK = 8_000;
const HELD_BACK = 250;
const SEEK_EVERY = [400, 600];
const SEEK_WITHIN = 2_000;
// With so many no question waits for the end of an earlier one: the shortest pauses of five are as long as one may take.
const SEEK_AT_ONCE = 5;
const SEEK_SLOWEST = 2 ** 6;

/**
 * Keeps a LiveState true over a socket that drops, sleeps, is refused or goes silent.
 *
 * Everything of the world is handed in: `socket` (a Socket.IO client made with autoConnect false),
 * `clock`, `fetch`, `random`, `hidden()`. With a `probeUrl`, which costs the server next to nothing, it finds out by itself
 * when a line that was cut or swallows everything works again; the socket is made with reconnection false then. Events for `on`: figures(names), status({state, at}), notify,
 * changed, progress, ctl, reachable (the line works again, the socket will follow), connected(again), refused (the server does not know this screen any more).
 */
export class LiveConnection {
  constructor({ socket, clock, fetch, statsUrl, probeUrl = null, random = Math.random, hidden = () => false, state = new LiveState(), at = null }) {
    Object.assign(this, { socket, clock, fetch, statsUrl, probeUrl, random, hidden, state });
    this.listeners = new Map();
    this.status = "connecting";
    this.provedAt = this.heardAt = this.spokeAt = this.triedAt = clock.now();
    this.lastAt = this.toldAt = at;
    this.proved = false;
    this.polled = false;
    this.lostAt = clock.now();
    this.refusals = 0;
    this.asking = null;
    this.silence = this.between(SILENT_FOR);
    this.suspect = this.asked = this.spared = false;
    this.probes = this.found = 0;
    this.isTrying = true;
    this.openedAt = null;
    this.hung = false;
    this.patience = this.between(HANGS_AT_A_BUSY_SERVER);
    this.shortLives = 0;
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
    for (const name of ["changed", "progress"]) socket.on(name, (message) => (this.spoke(), this.tell(name, message)));
    socket.on("ctl", (message) => this.onControl(message));
    socket.on("connect", () => this.onConnect());
    socket.on("disconnect", (reason) => this.onDisconnect(reason));
    socket.on("connect_error", (error) => this.onRefusal(error));
    if (socket.io) {
      socket.io.on("reconnect_attempt", () => this.tries());
      socket.io.on("open", () => (this.openedAt = this.clock.now()));
    }
    this.lastTick = this.clock.now();
    this.ticker = this.clock.setInterval(() => this.tick(), TICK);
    this.connect();
    return this;
  }

  stop() {
    this.stopped = true;
    this.clock.clearInterval(this.ticker);
    for (const name of ["asking", "behind", "retry", "answer", "doubt", "silent", "seeking", "late"]) this.cancel(name);
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
    const verdict = this.state.compare(message);
    // It proves that the line works; that the figures are right only where it says nothing that the screen does not know.
    this.answered(message.at, verdict === "current" || verdict === "ahead");
    this.workerAge = message.worker_age;
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

  answered(at, isRight = true) {
    this.cancel("answer");
    this.refusals = 0;
    // A server that only speaks when it is asked would leave a screen alone with what changes next.
    const isSilent = this.asked;
    this.spoke();
    if (isRight && !isSilent) this.prove(at);
  }

  // ---- the rest of the messages

  onNotify(message) {
    this.spoke();
    if (this.seenIds.has(message.id)) return;
    this.seenIds.add(message.id);
    if (this.seenIds.size > 500) this.seenIds.delete(this.seenIds.values().next().value);
    this.tell("notify", message);
  }

  onControl(message) {
    this.spoke();
    if (message.drain) this.drainSpread = message.drain.max_delay_ms || 5_000;
    this.tell("ctl", message);
  }

  // ---- the socket comes and goes

  onConnect() {
    this.lostAt = null;
    this.isTrying = this.hung = false;
    this.heardAt = this.connectedAt = this.clock.now();
    this.found = 0;
    this.spoke();
    this.cancel("retry");
    // The server speaks first; this is for the case that its word was lost.
    this.later("answer", ANSWER_WITHIN, () => this.resync());
    this.judge();
    this.tell("connected", this.wasConnected === true);
    this.wasConnected = true;
  }

  onDisconnect() {
    const wasHeldBack = this.wasHeldBack();
    if (this.lostAt === null) this.lostAt = this.clock.now();
    this.isTrying = false;
    this.hung = this.suspect;
    this.patience = this.suspect ? HANGS : this.between(HANGS_AT_A_BUSY_SERVER);
    this.shortLives = this.clock.now() - this.connectedAt < LIVED ? this.shortLives + 1 : 0;
    for (const name of ["asking", "behind", "answer", "doubt", "silent"]) this.cancel(name);
    this.suspect = this.asked = false;
    if (this.stopped) return;
    if (this.drainSpread) {
      this.socket.disconnect();
      this.later("retry", this.random() * this.drainSpread, () => this.connect());
      this.drainSpread = 0;
    } else {
      this.retryIfRefused();
      if (wasHeldBack && this.isLost()) this.seek();
      else this.seekSoon();
    }
  }

  /** Whether this attempt's end came behind a word that was long on its way: the line works again. Believed once. */
  wasHeldBack() {
    return this.isTrying && this.openedAt !== null && this.openedAt - this.triedAt > HANGS && this.found <= 1;
  }

  onRefusal(error) {
    this.isTrying = false;
    if (error && error.message === "not_signed_in") this.tell("refused");
    this.retryIfRefused();
    this.seekSoon();
    if (this.clock.now() - this.triedAt > REFUSED_WITHIN) return;
    // Nobody is there, and says so at once. When the server is back, it will be busy with everybody.
    this.hung = false;
    this.patience = this.between(HANGS_AT_A_BUSY_SERVER);
  }

  /** A client that was refused or sent away does not come back by itself: a wall would stay dark for ever. */
  retryIfRefused() {
    if (this.socket.active || this.retry) return;
    const wait = Math.min(RETRY_MOST, RETRY_FIRST * 2 ** this.refusals) * (0.75 + this.random() / 2);
    this.refusals += 1;
    this.later("retry", wait, () => this.connect());
  }

  /** The screen may have slept or changed networks: find out now instead of when the next timer says. */
  wake() {
    if (!this.socket.connected) {
      this.reconnect();
      return;
    }
    const before = this.provedAt;
    this.resync(0);
    this.suspectUnlessSpoken();
    // After a sleep the socket may be open on our side only; its own time-out takes up to 45 s.
    this.later("doubt", ANSWER_WITHIN, () => this.provedAt === before && this.reconnect());
  }

  reconnect() {
    this.socket.disconnect();
    this.cancel("retry");
    this.connect();
  }

  connect() {
    this.tries();
    this.socket.connect();
  }

  tick() {
    const now = this.clock.now();
    if (now - this.lastTick > SLEPT && !this.hidden()) this.wake();
    this.lastTick = now;
    this.judge();
    if (this.probeUrl && this.socket.connected && !this.suspect && now - this.spokeAt > this.silence) this.askInSilence();
    if (this.lostAt !== null && this.isTrying && now - this.triedAt > this.patience) this.hung = true;
    if (this.isLost()) this.seek();
    if (this.shouldPoll(now)) this.poll(now);
  }

  // ---- does the line work?

  /** Something came over the socket. */
  spoke() {
    this.spokeAt = this.clock.now();
    this.silence = this.between(SILENT_FOR);
    this.suspect = this.asked = this.spared = false;
    this.cancel("silent");
  }

  /** A beacon is late: a socket that is open on our side only says nothing to a question either. */
  askInSilence() {
    if (this.silent) return;
    this.asked = true;
    this.socket.emit("hello", { epoch: this.state.epoch, cursor: this.state.cursor });
    this.suspectUnlessSpoken();
  }

  suspectUnlessSpoken() {
    if (!this.probeUrl) return;
    const before = this.spokeAt;
    this.later("silent", SPEAKS_WITHIN, () => {
      this.suspect = this.socket.connected && this.spokeAt === before;
      if (this.isLost()) this.seek();
    });
  }

  /**
   * Whether it is for us to find out when the line is back: a refusal or a server that sends us away has its own times, and
   * a hidden page waits until somebody sees it.
   */
  isLost() {
    if (!this.probeUrl || this.stopped || this.retry || this.hidden()) return false;
    if (this.lostAt === null) return this.suspect;
    return this.socket.active && (!this.isTrying || this.hung);
  }

  /** An attempt of the socket begins. */
  tries() {
    this.isTrying = true;
    this.triedAt = this.clock.now();
    this.openedAt = null;
  }

  /**
   * Ask small questions, each at a moment of its own, until one is answered; only then try the socket. Its attempts may hang
   * for long, and a browser lets sockets that failed often wait for seconds.
   */
  seek() {
    if (this.seeking) return;
    if (this.probes < SEEK_AT_ONCE) this.probe();
    this.seekSoon();
  }

  seekSoon() {
    if (!this.probeUrl || this.stopped) return;
    // A server that cuts everybody off again and again needs time.
    const pace = this.shortLives >= SHORT_LIVES ? PATIENTLY : 1;
    this.later("seeking", this.between(SEEK_EVERY) * pace * Math.min(SEEK_SLOWEST, 2 ** this.found), () => this.isLost() && this.seek());
  }

  async probe() {
    const began = this.clock.now();
    this.probes += 1;
    const { isThere, wasAway } = await this.reaches();
    this.probes -= 1;
    const took = this.clock.now() - began;
    if (!this.isStillAsked(began)) return;
    if (!isThere) this.found = 0;
    else if (wasAway && this.socket.connected && !this.spared) this.spare();
    else if (!this.isTrying && !this.socket.connected) this.reconnectIfOvertaken(took);
    // What the line only held back comes with this answer or a moment later, and is sooner there than another socket.
    else if (!this.late) this.later("late", HELD_BACK, () => this.isStillAsked(began) && this.reconnectIfOvertaken(took));
  }

  /** Whether the line is still looked for; what was asked before the socket's last attempt says nothing of it. */
  isStillAsked(began) {
    return this.isLost() && began >= this.triedAt;
  }

  reconnectIfOvertaken(took) {
    if (!this.isOvertaken(took)) return;
    this.found += 1;
    this.tell("reachable");
    this.reconnect();
  }

  /** It was the server that was away and not the line: what waits for it has its turn, and this socket too. */
  spare() {
    this.spared = true;
    this.suspect = false;
    this.later("silent", ANSWERS_WHEN_BACK, () => {
      this.suspect = this.socket.connected;
      if (this.isLost()) this.seek();
    });
  }

  /**
   * Whether the socket does not notice that the line works: a question that began later has its answer, which took so long.
   * A busy server answers both late but in their order, so that an attempt which is on its way is left alone. Where nothing
   * but sockets is kept from us, this is believed less and less often.
   */
  isOvertaken(took) {
    if (!this.socket.connected && !this.isTrying) return true;
    const since = this.openedAt === null || this.socket.connected ? this.triedAt : this.openedAt;
    const isOpening = this.openedAt !== null && !this.socket.connected;
    return this.clock.now() - since > (this.found || isOpening ? (1_000 + 4 * took) * 2 ** this.found : 0);
  }

  async reaches() {
    try {
      const { status, headers } = await this.fetchWithin(SEEK_WITHIN, this.probeUrl, { cache: "no-store", credentials: "omit" });
      return { isThere: status !== 502 && status !== 504, wasAway: headers.get("X-Was-Away") === "1" };
    } catch {
      return { isThere: false, wasAway: false };
    }
  }

  /** A request on a line that swallows everything would never end. */
  async fetchWithin(ms, url, options) {
    const ending = new AbortController();
    const timer = this.clock.setTimeout(() => ending.abort(), ms);
    try {
      return await this.fetch(url, { ...options, signal: ending.signal });
    } finally {
      this.clock.clearTimeout(timer);
    }
  }

  // ---- how fresh

  prove(at, polled = false) {
    this.provedAt = this.clock.now();
    this.proved = true;
    this.polled = polled;
    if (!polled) {
      this.heardAt = this.provedAt;
      this.spoke();
    }
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
    this.nextPoll = now + this.between(POLL_EVERY);
    const etag = this.etag || `"${this.state.epoch}:${this.state.cursor}"`;
    const { provedAt } = this;
    try {
      const answer = await this.fetchWithin(POLL_WITHIN, this.statsUrl, { headers: { Accept: "application/json", "If-None-Match": etag }, cache: "no-store", credentials: "same-origin" });
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

  between([least, most]) {
    return least + this.random() * (most - least);
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
