/**
 * A school full of screens: official clients as the pages make them, so many for each token. Its options:
 * { url, tokens, each }. When every one of them was sent its figures since it connected, it tells "here": { screens,
 * spread, values }, the milliseconds between the first and the last that came in, and how many show which enrolment;
 * "gone" when all have lost the server.
 */
import { io } from "socket.io-client";

class Place {
  cameAt = null;
  shown = null;

  leave() {
    this.cameAt = this.shown = null;
  }
}

export function open({ url, tokens, each }, tell) {
  const places = [];

  function values() {
    const found = {};
    for (const { shown } of places) found[shown] = (found[shown] || 0) + 1;
    return found;
  }

  function take(place, { total_enrollment: enrolment }, isGreeting) {
    if (enrolment) place.shown = enrolment[0];
    if (!isGreeting || place.cameAt !== null) return;
    place.cameAt = performance.now();
    const times = places.map(({ cameAt }) => cameAt);
    if (times.includes(null)) return;
    tell("here", { screens: places.length, spread: Math.round(Math.max(...times) - Math.min(...times)), values: values() });
  }

  function enter(token) {
    const place = new Place();
    places.push(place);
    const socket = io(url, {
      transports: ["websocket", "polling"],
      forceNew: true,
      reconnectionDelayMax: 5000,
      randomizationFactor: 0.5,
      auth: { token },
    });
    socket.on("stats:snapshot", ({ metrics }) => take(place, metrics, true));
    socket.on("stats:delta", ({ metrics }) => take(place, metrics, false));
    socket.on("disconnect", () => {
      place.leave();
      if (places.every(({ cameAt }) => cameAt === null)) tell("gone");
    });
    socket.on("connect_error", ({ message }) => message === "not_signed_in" && tell("refused"));
    return socket;
  }

  const sockets = tokens.flatMap((token) => Array.from({ length: each }, () => enter(token)));
  return {
    orders: {},
    close: () => sockets.forEach((socket) => socket.off().disconnect()),
  };
}
