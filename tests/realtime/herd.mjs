/**
 * A school full of screens: live connections as the pages make them, so many for each token. Its options:
 * { url, tokens, each }. When every one of them was sent its figures since it connected, it tells "here": { screens,
 * spread, values }, the milliseconds between the first and the last that came in, and how many show which enrolment;
 * "gone" when all have lost the server; when ordered the "values" alone.
 */
import { io } from "socket.io-client";
import { systemClock } from "../../app/static/js/lib/clock.js";
import { LiveConnection } from "../../app/static/js/lib/live-connection.js";

export function open({ url, tokens, each }, tell) {
  const places = [];

  function values() {
    const found = {};
    for (const { connection } of places) found[connection.state.get("total_enrollment")] = (found[connection.state.get("total_enrollment")] || 0) + 1;
    return found;
  }

  /** The server's first word since this screen connected: its figures, or that it has them already. */
  function take(place) {
    if (place.cameAt !== null) return;
    place.cameAt = performance.now();
    const times = places.map(({ cameAt }) => cameAt);
    if (times.includes(null)) return;
    tell("here", { screens: places.length, spread: Math.round(Math.max(...times) - Math.min(...times)), values: values() });
  }

  function enter(token) {
    const place = { cameAt: null, connection: null };
    places.push(place);
    const socket = io(url, {
      autoConnect: false,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      forceNew: true,
      reconnection: false,
      auth: (send) => send(connection.credentials(token)),
    });
    const headers = { Authorization: `Bearer ${token}` };
    const connection = new LiveConnection({
      socket,
      clock: systemClock(globalThis),
      statsUrl: `${url}/api/v1/stats`,
      probeUrl: `${url}/healthz`,
      fetch: (address, options) => fetch(address, { ...options, headers: { ...options.headers, ...headers } }),
    });
    place.connection = connection.start();
    for (const word of ["stats:snapshot", "stats:head"]) socket.on(word, () => take(place));
    socket.on("disconnect", () => {
      place.cameAt = null;
      if (places.every(({ cameAt }) => cameAt === null)) tell("gone");
    });
    socket.on("connect_error", ({ message }) => message === "not_signed_in" && tell("refused"));
    return connection;
  }

  const screens = tokens.flatMap((token) => Array.from({ length: each }, () => enter(token)));
  return {
    orders: { values: () => tell("values", values()) },
    close: () => screens.forEach((screen) => screen.stop()),
  };
}
