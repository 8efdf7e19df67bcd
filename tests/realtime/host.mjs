/**
 * Many clients in one node process, for starting one takes a third of a second. It reads and writes JSON, an object a
 * line: { id, open: "client" | "screen" | "herd", options } starts a client, { id, close: true } ends it, and anything else with
 * an id is an order of it. What a client hears comes out as { id, event, data }; its last event is "closed".
 */
import { createInterface } from "node:readline";
import * as client from "./client.mjs";
import * as herd from "./herd.mjs";
import * as screen from "./screen.mjs";

const kinds = { client, herd, screen };
const opened = new Map();

function obey({ id, open, options, close, ...order }) {
  const tell = (event, data) => process.stdout.write(`${JSON.stringify({ id, event, data: data === undefined ? null : data })}\n`);
  if (open) {
    opened.set(id, kinds[open].open(options, tell));
  } else if (close) {
    opened.get(id).close();
    opened.delete(id);
    tell("closed");
  } else {
    opened.get(id).orders[order.do](order);
  }
}

createInterface({ input: process.stdin })
  .on("line", (line) => obey(JSON.parse(line)))
  .on("close", () => process.exit(0));
