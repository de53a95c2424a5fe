// Looks that a worker takes for this page: asks for one, follows it, says in words what became of it.

const EVERY_MS = 350;

export function headers() {
  return {
    "Content-Type": "application/json",
    "Accept-Language": document.documentElement.lang,
    "X-CSRF-Token": document.body.dataset.csrf,
  };
}

export async function call(path, { method = "POST", body = null, more = {} } = {}) {
  const sent = body === null ? null : JSON.stringify(body);
  const answer = await fetch(path, { method, headers: { ...headers(), ...more }, body: sent }).catch(() => null);
  if (answer === null) return { ok: false, status: 0, body: { detail: document.body.dataset.offline }, etag: null };
  if (answer.status === 401) location.href = `/sign-in?why=ended&next=${encodeURIComponent(location.pathname)}`;
  const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  return { ok: answer.ok, status: answer.status, body: said, etag: answer.headers.get("ETag") };
}

export class Look {
  constructor(id) {
    this.id = id;
    this.isOver = false;
  }

  // Calls `onChange` with each state of the job until it ends; the last state comes back.
  async follow(onChange) {
    let misses = 0;
    for (;;) {
      const { ok, body } = await call(`/api/v1/camera-jobs/${this.id}`, { method: "GET" });
      misses = ok ? 0 : misses + 1;
      if (ok) onChange(body);
      if (misses > 20) return { state: "failed", failure: "service_away", result: {}, pictures: {} };
      if (ok && ["done", "failed"].includes(body.state)) {
        this.isOver = true;
        return body;
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  stop() {
    return this.isOver ? null : call(`/api/v1/camera-jobs/${this.id}/stop`);
  }
}

export async function ask(cameraId, body) {
  const path = cameraId ? `/api/v1/cameras/${encodeURIComponent(cameraId)}/jobs` : "/api/v1/camera-jobs";
  const answer = await call(path, { body });
  return answer.ok ? { look: new Look(answer.body.id) } : { refused: answer };
}

// Words of the page come with it, in the reader's language.
export const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export function said(code, values = {}) {
  const text = words[code] ?? code;
  return Object.entries(values).reduce((made, [name, value]) => made.replaceAll(`%(${name})s`, value), text);
}

export function failureOf(job) {
  return said(`failed_${job.failure}`);
}

export async function fragment(path, place) {
  const answer = await fetch(path, { headers: { "Accept-Language": document.documentElement.lang } }).catch(() => null);
  if (!answer || !answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...page.body.childNodes);
}
