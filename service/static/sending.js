// Sends decisions to the service. A refusal is shown in the reader's language; nothing is retried on its own.

const notice = document.getElementById("notice");

export async function send(path, body = null, { keepalive = false } = {}) {
  const answer = await fetch(path, {
    method: "POST",
    keepalive,
    headers: {
      "Content-Type": "application/json",
      "Accept-Language": document.documentElement.lang,
      "X-CSRF-Token": document.body.dataset.csrf,
    },
    body: body === null ? null : JSON.stringify(body),
  }).catch(() => null);
  if (answer === null) say(document.body.dataset.offline);
  else if (answer.status === 401) location.href = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
  else if (!answer.ok) say((await answer.json()).detail);
  return { ok: answer !== null && answer.ok, status: answer === null ? 0 : answer.status };
}

export function say(text) {
  notice.textContent = text;
}
