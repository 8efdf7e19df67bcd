/** Time for the live connection: monotonic milliseconds that also count the time a machine slept. */
export function systemClock({ performance, Date, setTimeout, clearTimeout, setInterval, clearInterval } = globalThis) {
  let lastSteady = performance.now();
  let lastWall = Date.now();
  let slept = 0;
  return {
    now() {
      const steady = performance.now();
      const wall = Date.now();
      // Many systems stop the steady clock during sleep; only the wall clock shows the gap.
      const gap = wall - lastWall - (steady - lastSteady);
      if (gap > 2000) slept += gap;
      lastSteady = steady;
      lastWall = wall;
      return steady + slept;
    },
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (id) => clearTimeout(id),
    setInterval: (run, ms) => setInterval(run, ms),
    clearInterval: (id) => clearInterval(id),
  };
}

/** Milliseconds since 1970 of a message's `at`: an ISO time, or seconds. */
export function momentOf(at) {
  if (typeof at === "number") return at < 1e11 ? at * 1000 : at;
  return Date.parse(at);
}

/** The school's own day and time, carried by the server's clock; the screen's clock is not trusted. */
export class SchoolClock {
  constructor({ timezone, locale = "en-GB", clock, at = Date.now() }) {
    this.clock = clock;
    this.days = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, year: "numeric", month: "2-digit", day: "2-digit" });
    this.times = new Intl.DateTimeFormat(locale, { timeZone: timezone, hour: "2-digit", minute: "2-digit", hour12: false });
    this.dates = new Intl.DateTimeFormat(locale, { timeZone: timezone, weekday: "long", day: "numeric", month: "long", year: "numeric" });
    this.hear(at);
    this.heard = false;
  }

  /** The server said that it is now `at`. */
  hear(at) {
    const moment = momentOf(at);
    if (!Number.isFinite(moment)) return;
    this.offset = moment - this.clock.now();
    this.heard = true;
  }

  now() {
    return this.clock.now() + this.offset;
  }

  today() {
    return this.days.format(this.now());
  }

  time(at = this.now()) {
    return this.times.format(momentOf(at));
  }

  date() {
    return this.dates.format(this.now());
  }
}

/** The `count` days up to and with `today`, as YYYY-MM-DD, oldest first. */
export function lastDays(today, count) {
  const end = Date.parse(`${today}T00:00:00Z`);
  return Array.from({ length: count }, (_, i) => new Date(end - (count - 1 - i) * 86400000).toISOString().slice(0, 10));
}

/** The `count` months up to and with the month of `today`, as YYYY-MM, oldest first. */
export function lastMonths(today, count) {
  const [year, month] = today.split("-").map(Number);
  return Array.from({ length: count }, (_, i) => new Date(Date.UTC(year, month - count + i, 1)).toISOString().slice(0, 7));
}
