/**
 * A page's own live connection (app/static/js/lib) on the official client, without a page. The argument is JSON:
 * { url, cookie?, auth?, transports? }. It prints { event: "status" | "figures" | "notify" | "changed" | "ctl" },
 * and for the line {"do": "state"} what it would show.
 */
import { createInterface } from "node:readline";
import { io } from "socket.io-client";
import { systemClock } from "../../app/static/js/lib/clock.js";
import { LiveConnection } from "../../app/static/js/lib/live-connection.js";

const { url, cookie, auth = {}, transports = ["websocket", "polling"] } = JSON.parse(process.argv[2]);
const headers = Object.assign({}, cookie ? { Cookie: cookie } : {}, auth.token ? { Authorization: `Bearer ${auth.token}` } : {});
const tell = (event, data) => process.stdout.write(`${JSON.stringify({ event, data: data === undefined ? null : data })}\n`);

let connection = null;
const socket = io(url, {
  autoConnect: false,
  transports,
  tryAllTransports: true,
  extraHeaders: cookie ? { Cookie: cookie } : {},
  auth: (send) => send(connection.credentials(auth.token)),
});
connection = new LiveConnection({
  socket,
  clock: systemClock(globalThis),
  statsUrl: `${url}/api/v1/stats`,
  fetch: (address, options) => fetch(address, { ...options, headers: { ...options.headers, ...headers } }),
});
for (const event of ["status", "figures", "notify", "changed", "ctl"]) connection.on(event, (data) => tell(event, data));
socket.on("connect", () => tell("connect", null));
socket.on("disconnect", (reason) => tell("disconnect", { reason }));
socket.on("connect_error", (error) => tell("connect_error", { message: error.message }));

const orders = {
  state: () => tell("state", {
    epoch: connection.state.epoch,
    cursor: connection.state.cursor,
    status: connection.status,
    metrics: Object.fromEntries([...connection.state.metrics].map(([name, [value]]) => [name, value])),
  }),
  drop: () => socket.io.engine.close(),
};
createInterface({ input: process.stdin })
  .on("line", (line) => orders[JSON.parse(line).do]())
  .on("close", () => process.exit(0));
connection.start();
