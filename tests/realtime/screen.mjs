/**
 * A page's own live connection (app/static/js/lib) on the official client, without a page. Its options:
 * { url, cookie?, auth?, transports?, speed? }. It tells "status" | "figures" | "notify" | "changed" | "ctl", and when
 * ordered the "state" that it would show. With a `speed` of 10 a second of the server is ten of its own.
 */
import { io } from "socket.io-client";
import { systemClock } from "../../app/static/js/lib/clock.js";
import { LiveConnection } from "../../app/static/js/lib/live-connection.js";

function hurried(clock, speed) {
  return {
    ...clock,
    now: () => clock.now() * speed,
    setTimeout: (run, ms) => clock.setTimeout(run, ms / speed),
    setInterval: (run, ms) => clock.setInterval(run, ms / speed),
  };
}

export function open({ url, cookie, auth = {}, transports = ["websocket", "polling"], speed = 1 }, tell) {
  const headers = Object.assign({}, cookie ? { Cookie: cookie } : {}, auth.token ? { Authorization: `Bearer ${auth.token}` } : {});
  let connection = null;
  const socket = io(url, {
    autoConnect: false,
    forceNew: true,
    transports,
    tryAllTransports: true,
    reconnection: false,
    extraHeaders: cookie ? { Cookie: cookie } : {},
    auth: (send) => send(connection.credentials(auth.token)),
  });
  connection = new LiveConnection({
    socket,
    clock: hurried(systemClock(globalThis), speed),
    statsUrl: `${url}/api/v1/stats`,
    probeUrl: `${url}/healthz`,
    fetch: (address, options) => fetch(address, { ...options, headers: { ...options.headers, ...headers } }),
  });
  for (const event of ["status", "figures", "notify", "changed", "ctl"]) connection.on(event, (data) => tell(event, data));
  socket.on("connect", () => tell("connect", null));
  socket.on("disconnect", (reason) => tell("disconnect", { reason }));
  socket.on("connect_error", (error) => tell("connect_error", { message: error.message }));
  connection.start();

  return {
    orders: {
      state: () => tell("state", {
        epoch: connection.state.epoch,
        cursor: connection.state.cursor,
        status: connection.status,
        metrics: Object.fromEntries([...connection.state.metrics].map(([name, [value]]) => [name, value])),
      }),
      drop: () => socket.io.engine.close(),
      leave: () => socket.disconnect(),
      return: () => socket.connect(),
    },
    close() {
      socket.off();
      connection.stop();
    },
  };
}
