/** The page of the terms compared. */
import { live, screen } from "./shell.js";
import { bindTerms } from "./lib/terms-panel.js";

const place = document.querySelector("[data-terms]");
if (place) bindTerms(place, { live, clock: screen.clock, money: screen.money });
