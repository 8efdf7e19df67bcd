/**
 * The figures a screen may see, as the server last told them.
 *
 * Nothing is added up here: a message carries absolute values with versions, so one that comes late,
 * twice or out of order changes nothing, and one that never comes is noticed, because each delta
 * names the version it follows. No DOM, no timers: `LiveConnection` decides when to ask again.
 */
const MOST_EARLY = 256;

export class LiveState {
  constructor() {
    this.epoch = null;
    this.cursor = 0;
    this.metrics = new Map();
    this.synced = false;
    this.early = [];
  }

  /** The value of one metric; undefined when the server never named it. */
  get(name) {
    const entry = this.metrics.get(name);
    return entry ? entry[0] : undefined;
  }

  /** The sum of several metrics; an absent one counts as zero. */
  sum(names) {
    return names.reduce((total, name) => total + (this.get(name) || 0), 0);
  }

  /** Show these values until the first snapshot; they carry no version and win over nothing. */
  seed(figures) {
    for (const [name, value] of Object.entries(figures)) {
      if (!this.metrics.has(name)) this.metrics.set(name, [value, -1]);
    }
  }

  /** Take a complete state. Returns the names whose value is now another. */
  snapshot({ epoch, version, metrics }) {
    const before = this.metrics;
    const late = this.synced && epoch === this.epoch && version < this.cursor;
    if (!late) {
      this.metrics = new Map();
      this.epoch = epoch;
      this.cursor = version;
      this.synced = true;
    }
    this.merge(metrics);
    this.replayEarly();
    return this.differences(before);
  }

  /** Whether changes wait for one that is missing; those of another epoch will never follow anything. */
  get waits() {
    return this.early.some(({ epoch }) => epoch === this.epoch);
  }

  /** Take a change. `gap` says that something before it is missing: ask for a snapshot. */
  delta(message) {
    if (!this.synced || message.epoch !== this.epoch || !this.follows(message)) {
      this.early.push(message);
      if (this.early.length > MOST_EARLY) this.early.shift();
      return { changed: [], gap: this.synced };
    }
    const before = new Map(this.metrics);
    this.apply(message);
    this.replayEarly();
    return { changed: this.differences(before), gap: this.early.length > 0 };
  }

  /** Compare with the server's beacon: "current", "behind" (it sent what we lack), "ahead" or "foreign" (another epoch). */
  compare({ epoch, version }) {
    if (!this.synced || epoch !== this.epoch) return "foreign";
    if (version > this.cursor) return "behind";
    return version < this.cursor ? "ahead" : "current";
  }

  /** The base chain: without it, a lost delta would hide behind the next one for ever. */
  follows({ base }) {
    return base <= this.cursor;
  }

  apply({ version, metrics }) {
    this.merge(metrics);
    this.cursor = Math.max(this.cursor, version);
  }

  merge(metrics) {
    for (const [name, entry] of Object.entries(metrics)) {
      const known = this.metrics.get(name);
      if (!known || entry[1] > known[1]) this.metrics.set(name, [entry[0], entry[1]]);
    }
  }

  replayEarly() {
    let waiting = this.early.filter(({ epoch }) => epoch === this.epoch);
    for (let next = true; next; ) {
      next = waiting.find((message) => this.follows(message));
      if (next) this.apply(next);
      waiting = waiting.filter((message) => message !== next);
    }
    this.early = waiting;
  }

  differences(before) {
    const names = new Set([...before.keys(), ...this.metrics.keys()]);
    const value = (map, name) => (map.has(name) ? map.get(name)[0] : undefined);
    return [...names].filter((name) => value(before, name) !== value(this.metrics, name));
  }
}
