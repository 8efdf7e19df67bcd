/** The payment that is under way, kept by this tab until the server has answered. */
const PENDING = "desk-pending";
const ANSWER_WITHIN = 15_000;

export function remember(body, user) {
  sessionStorage.setItem(PENDING, JSON.stringify({ body: body.toString(), user }));
}

export function forget() {
  sessionStorage.removeItem(PENDING);
}

/** What this user sent before the page was loaded anew; another user's payment is nobody else's to send. */
export function pendingOf(user) {
  const kept = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  if (kept && kept.user !== user) forget();
  return kept?.user === user ? new URLSearchParams(kept.body) : null;
}

/** Send the form once. Throws when no answer came. */
export async function post(body) {
  const answer = await fetch("/desk", {
    method: "POST",
    body,
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  });
  const isJson = (answer.headers.get("Content-Type") || "").includes("json");
  return { status: answer.status, data: isJson ? await answer.json() : null };
}

/** What was saved under the key of a form; null when nothing was, undefined when the server cannot be asked now. */
export async function savedWith(key) {
  try {
    const answer = await fetch(`/desk/status?key=${encodeURIComponent(key)}`, { headers: { Accept: "application/json" } });
    return answer.ok ? (await answer.json()).saved : undefined;
  } catch {
    return undefined;
  }
}
