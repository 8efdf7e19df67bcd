/**
 * Send something that must happen once, over a line that may lose the answer.
 *
 * The server does a request with the same key only once, so an answer that got lost is asked for by sending the very
 * same request again. `send()` resolves to `{ status, data }` or throws when no answer came. `onState` hears "sending",
 * then "checking" from the first lost answer on. Resolves to `{ outcome: "done" | "refused" | "unknown", ... }`;
 * "unknown" only after `patience` milliseconds, and only then may the user be told so.
 */
const PAUSES = [500, 1_000, 2_000, 4_000];
const LONGEST_PAUSE = 5_000;

export async function sendOnce({ send, onState = () => {}, wait, now, patience = 60_000 }) {
  const began = now();
  for (let attempt = 0; ; attempt += 1) {
    onState(attempt === 0 ? "sending" : "checking", attempt);
    const answer = await oneAnswer(send);
    if (answer.status >= 200 && answer.status < 300) return { outcome: "done", data: answer.data };
    if (!isTransient(answer.status)) return { outcome: "refused", status: answer.status, error: answer.data?.error ?? {} };
    const pause = PAUSES[attempt] ?? LONGEST_PAUSE;
    if (now() + pause - began > patience) return { outcome: "unknown", status: answer.status, error: answer.data?.error ?? {} };
    await wait(pause);
  }
}

async function oneAnswer(send) {
  try {
    return await send();
  } catch {
    return { status: 0, data: null };
  }
}

/** No answer, a gateway's word, or a busy database: the same request may be sent again. */
const isTransient = (status) => status === 0 || status === 408 || status === 429 || (status >= 502 && status <= 504);
