/** N screens in one process: prints one JSON line per figure heard, [value of total_fees_collected, wall-clock ms]. */
import { io } from "socket.io-client";

const { url, tokens, screens } = JSON.parse(process.argv[2]);
let ready = 0;
for (let number = 0; number < screens; number += 1) {
  const socket = io(url, { auth: { token: tokens[number % tokens.length] }, transports: ["websocket"], forceNew: true });
  socket.once("stats:snapshot", () => {
    ready += 1;
    if (ready === screens) console.log(JSON.stringify("ready"));
  });
  socket.on("stats:delta", ({ metrics }) => {
    const figure = metrics.total_fees_collected;
    if (figure) console.log(JSON.stringify([figure[0], performance.timeOrigin + performance.now()]));
  });
}
process.stdin.on("end", () => process.exit(0)).resume();
