/** What a screen may claim about its figures, judged by the last proof that the data path lives. */
import { t } from "./words.js";

export const LIVE_FOR = 25_000;
export const OFFLINE_AFTER = 60_000;
export const DISCONNECTED_AFTER = 3_000;

/**
 * "live", "delayed" or "offline".
 *
 * `age`: ms since the last beacon or figures; `disconnectedFor`: ms without a socket, 0 when there is one;
 * `polled`: the last proof came by HTTP, which stands in for the socket but is never called live.
 */
export function statusOf({ age, disconnectedFor, polled }) {
  if (age > OFFLINE_AFTER) return "offline";
  if (disconnectedFor > DISCONNECTED_AFTER && !polled) return "offline";
  return age < LIVE_FOR && !polled ? "live" : "delayed";
}

/** The words beside the dot; `time` is when the figures were last known to be right. */
export function statusWords(state, time) {
  return {
    live: t("Live"),
    delayed: t("Delayed since {time}", { time }),
    offline: t("Offline, figures of {time}", { time }),
    connecting: t("Connecting"),
  }[state];
}
