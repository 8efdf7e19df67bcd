/** The live connection of this page: real socket, real clock, real window. */
import { systemClock } from "./clock.js";
import { LiveConnection } from "./live-connection.js";

export { LiveConnection } from "./live-connection.js";
export { LiveState } from "./live-state.js";

/** Answered by the web process without asking the database. */
const PROBE_URL = "/healthz";

/** Connect and stay connected. `at` is when the server drew the page; `always` keeps asking while hidden (a wall). */
export function connectLive({ statsUrl, at = null, token = null, always = false, clock = systemClock(window) }) {
  let connection = null;
  const socket = window.io({
    autoConnect: false,
    transports: ["websocket", "polling"],
    // Without this the client never falls back to polling where a proxy kills web sockets.
    tryAllTransports: true,
    reconnection: false,
    auth: (send) => send(connection.credentials(token)),
  });
  connection = new LiveConnection({
    socket,
    clock,
    statsUrl,
    probeUrl: PROBE_URL,
    at,
    fetch: (...request) => window.fetch(...request),
    hidden: () => !always && document.hidden,
  });
  document.addEventListener("visibilitychange", () => document.hidden || connection.wake());
  window.addEventListener("online", () => connection.wake());
  window.addEventListener("pageshow", (event) => event.persisted && connection.wake());
  return connection;
}
