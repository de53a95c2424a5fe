// Asks the service and gives back what it says; a refusal is shown in the reader's language.

import { say } from "./sending.js";
import { keepUnsent } from "./unsent.js";

export { say };

export async function fetched(path, body = null, { keepalive = false, label = null } = {}) {
  const answer = await fetch(path, {
    method: body === null ? "GET" : "POST",
    keepalive,
    headers: {
      "Content-Type": "application/json",
      "Accept-Language": document.documentElement.lang,
      "X-CSRF-Token": document.body.dataset.csrf,
    },
    body: body === null ? null : JSON.stringify(body),
  }).catch(() => null);
  const value = answer === null || answer.status === 204 ? null : await answer.json().catch(() => null);
  if (answer === null) say(document.body.dataset.offline);
  else if (answer.status === 401) signInAgain({ path, body, label });
  else if (!answer.ok) say(value?.detail ?? String(answer.status));
  return { ok: answer !== null && answer.ok, status: answer?.status ?? 0, value };
}

// A marking that met an ended session is kept in this tab and offered again after signing in.
function signInAgain(unsent) {
  if (unsent.label) keepUnsent(unsent);
  const why = unsent.label ? "unsent" : "ended";
  location.href = `/sign-in?why=${why}&next=${encodeURIComponent(location.pathname)}`;
}
