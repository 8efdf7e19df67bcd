/** The page of the backups: one that was made while the page was reloaded comes into the list by itself. */
import { live } from "./shell.js";

document.addEventListener("work:ended", () => live?.tell("changed", { table: "backups", id: null, op: "insert" }));
