/**
 * The official Socket.IO client. Its options: { url, cookie?, origin?, auth?, transports?, options? }. What it hears, it
 * tells; it does what it is ordered to.
 */
import { io } from "socket.io-client";

export function open({ url, cookie, origin, auth, transports = ["websocket", "polling"], options = {} }, tell) {
  const extraHeaders = Object.assign({}, cookie ? { Cookie: cookie } : {}, origin ? { Origin: origin } : {});
  let credentials = auth;

  const socket = io(url, {
    autoConnect: false,
    forceNew: true,
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
  socket.connect();

  return {
    orders: {
      connect: () => socket.connect(),
      disconnect: () => socket.disconnect(),
      drop: () => socket.io.engine.close(),
      emit: ({ event, data }) => socket.emit(event, ...data),
      auth: ({ auth: given }) => (credentials = given),
    },
    close() {
      socket.offAny();
      socket.off();
      socket.disconnect();
    },
  };
}
