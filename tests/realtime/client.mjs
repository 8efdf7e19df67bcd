/**
 * The official Socket.IO client. Its one argument is JSON: { url, cookie?, origin?, auth?, transports?, options? }.
 * What it hears it prints, one JSON object a line; what it shall do it reads, one JSON object a line.
 */
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const { url, cookie, origin, auth, transports = ["websocket", "polling"], options = {} } = JSON.parse(process.argv[2]);
const extraHeaders = Object.assign({}, cookie ? { Cookie: cookie } : {}, origin ? { Origin: origin } : {});
let credentials = auth;

const tell = (event, data) => process.stdout.write(`${JSON.stringify({ event, data: data === undefined ? null : data })}\n`);

const socket = io(url, {
  autoConnect: false,
  reconnectionDelay: 100,
  reconnectionDelayMax: 500,
  auth: (send) => send(credentials),
  transports,
  extraHeaders,
  ...options,
});
socket.onAny((event, data) => tell(event, data));
socket.on("connect", () => tell("connect", { id: socket.id, transport: socket.io.engine.transport.name }));
socket.on("disconnect", (reason) => tell("disconnect", { reason, active: socket.active }));
socket.on("connect_error", (error) => tell("connect_error", { message: error.message, active: socket.active }));

const orders = {
  connect: () => socket.connect(),
  disconnect: () => socket.disconnect(),
  drop: () => socket.io.engine.close(),
  emit: ({ event, data }) => socket.emit(event, ...data),
  auth: ({ auth: given }) => (credentials = given),
  exit: () => process.exit(0),
};
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const order = JSON.parse(line);
    orders[order.do](order);
  })
  .on("close", () => process.exit(0));
socket.connect();
