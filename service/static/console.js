// The console's keyboard and decisions. Pages work without it for reading; deciding needs it.

const csrf = document.body.dataset.csrf;
const notice = document.getElementById("notice");

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: body ? JSON.stringify(body) : null,
  }).catch(() => null);
  if (answer && answer.ok) return true;
  notice.textContent = answer ? (await answer.json()).detail : "No connection to the service. Nothing was changed.";
  if (answer && answer.status === 401) location.href = `/sign-in?next=${location.pathname}`;
  return false;
}

function typing(target) {
  return target.matches("input, select, textarea") || target.isContentEditable;
}

function clickKey(key) {
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((e) => e.offsetParent !== null);
  if (found) found.click();
  return Boolean(found);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === " " && event.target.matches("button, summary, a, video")) return;
  const handled = onQueueKey(event.key) || onCaseKey(event.key) || clickKey(event.key.toLowerCase());
  if (handled) event.preventDefault();
});

// Queue: j and k choose a row, Enter opens it.
const queue = document.getElementById("queue");
const rows = queue ? [...queue.tBodies[0].rows] : [];
let chosen = -1;

function choose(place) {
  if (!rows.length) return;
  if (rows[chosen]) rows[chosen].classList.remove("chosen");
  chosen = Math.min(Math.max(place, 0), rows.length - 1);
  rows[chosen].classList.add("chosen");
  rows[chosen].querySelector("a").focus();
}

for (const row of rows) {
  row.addEventListener("click", (event) => {
    if (!event.target.closest("a")) row.querySelector("a").click();
  });
}

function onQueueKey(key) {
  if (!queue) return false;
  if (key === "j") choose(chosen + 1);
  else if (key === "k") choose(chosen - 1);
  else return false;
  return true;
}

// Case page.
const page = document.getElementById("case");
const clip = document.getElementById("clip");
const FRAME_S = 1 / 25;

function onCaseKey(key) {
  if (!page) return false;
  if (key === " ") clip.paused ? clip.play() : clip.pause();
  else if (key === ",") step(-FRAME_S);
  else if (key === ".") step(FRAME_S);
  else if (key === "z") zoom(page.querySelector(".stills"), 0.5, 0.5);
  else if (key === "e") { const plate = document.getElementById("plate"); if (!plate) return false; plate.focus(); plate.select(); }
  else if (key === "?") document.getElementById("keys").showModal();
  else return false;
  return true;
}

function step(by_s) {
  clip.pause();
  clip.currentTime = Math.max(0, clip.currentTime + by_s);
}

function zoom(stills, x, y) {
  const zoomed = stills.classList.toggle("zoomed");
  for (const picture of stills.querySelectorAll("img")) {
    picture.style.transformOrigin = `${100 * x}% ${100 * y}%`;
    picture.style.transform = zoomed ? "scale(3)" : "";
  }
}

async function claim(path) {
  return page.dataset.state === "detected" ? send(`${path}/claim`) : true;
}

async function decide(button) {
  const path = `/api/v1/cases/${page.dataset.case}`;
  const note = document.getElementById("note");
  const body = button.dataset.act === "reject" ? { reason: button.dataset.reason, note: note.value || null } : null;
  if (!(await claim(path)) || !(await send(`${path}/${button.dataset.act}`, body))) return;
  if (button.dataset.act === "reject") location.href = `/queue/next?after=${page.dataset.case}`;
  else location.reload();
}

function onForm(id, act, read) {
  const form = document.getElementById(id);
  if (!form) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const path = `/api/v1/cases/${page.dataset.case}`;
    if ((await claim(path)) && (await send(`${path}/${act}`, read(new FormData(form))))) location.reload();
  });
}

if (page) {
  for (const still of page.querySelectorAll(".zoomable")) {
    still.addEventListener("click", (event) => {
      const place = still.getBoundingClientRect();
      const x = event.clientX ? (event.clientX - place.left) / place.width : 0.5;
      const y = event.clientY ? (event.clientY - place.top) / place.height : 0.5;
      zoom(page.querySelector(".stills"), x, y);
    });
  }
  for (const button of page.querySelectorAll("[data-act]")) button.addEventListener("click", () => decide(button));
  onForm("plate-form", "plate", (data) => ({ plate: data.get("plate") }));
  onForm("fine-form", "fine", (data) => ({ amount_vnd: Number(data.get("amount_vnd")) }));
  onForm("payment-form", "payments", (data) => ({ amount_vnd: Number(data.get("amount_vnd")), reference: data.get("reference") }));
}
