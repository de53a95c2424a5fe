// Asks the service and gives back what it says; a refusal is shown in the reader's language.

import { say } from "./sending.js";

export { say };

export async function fetched(path, body = null, { keepalive = false } = {}) {
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
  else if (answer.status === 401) location.href = `/sign-in?why=ended&next=${encodeURIComponent(location.pathname)}`;
  else if (!answer.ok) say(value?.detail ?? String(answer.status));
  return { ok: answer !== null && answer.ok, status: answer?.status ?? 0, value };
}
