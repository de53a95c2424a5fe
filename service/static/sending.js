// Sends decisions to the service. A refusal is shown in the reader's language; nothing is retried on its own.
// A decision that met an ended session is kept in this tab and offered again after signing in (unsent.js).

import { keepUnsent } from "./unsent.js";

const notice = document.getElementById("notice");

export async function send(path, body = null, { keepalive = false, label = null, answers = false, headers = {} } = {}) {
  const answer = await fetch(path, {
    method: "POST",
    keepalive,
    headers: {
      "Content-Type": "application/json",
      "Accept-Language": document.documentElement.lang,
      "X-CSRF-Token": document.body.dataset.csrf,
      ...headers,
    },
    body: body === null ? null : JSON.stringify(body),
  }).catch(() => null);
  if (answer === null) say(document.body.dataset.offline);
  else if (answer.status === 401) signInAgain({ path, body, label });
  const ok = answer !== null && answer.ok;
  const detail = answer && !ok && answer.status !== 401 ? (await answer.json()).detail : null;
  if (detail) say(detail);
  return { ok, status: answer?.status ?? 0, detail, answer: ok && answers ? await answer.json() : null };
}

export function say(text) {
  notice.textContent = text;
}

function signInAgain(unsent) {
  if (unsent.label) keepUnsent(unsent);
  const why = unsent.label ? "unsent" : "ended";
  location.href = `/sign-in?why=${why}&next=${encodeURIComponent(location.pathname)}`;
}
