// Case page: holds the case while it is open, sends the decision, goes to the next case.

import { startClip } from "./clip.js";
import { onKeys } from "./keys.js";
import { startPlayhead } from "./playhead.js";
import { say, send } from "./sending.js";
import { startStills } from "./stills.js";
import { offerUnsent } from "./unsent.js";

const HELD_BY_ANOTHER = 409;
const QUESTIONABLE = 422;

export function startCase(page) {
  const path = `/api/v1/cases/${page.dataset.case}`;
  const claims = "claims" in page.dataset;
  let isLeaving = false;
  let version = page.dataset.version;

  const stills = document.getElementById("stills");
  startStills(stills);
  const clip = document.getElementById("clip");
  startClip(clip);
  startPlayhead(clip, document.getElementById("timeline"));
  startPlate();
  startHelp();
  afterPictures(stills).then(() => {
    if (clip) clip.preload = "auto";
    fetchAhead(page.dataset.ahead);
  });
  // Who came by way of the next case holds it already; a page that is loaded again may yet give it back.
  const isHeld = !claims || ("holds" in page.dataset && !isSeenAgain());
  const claimed = isHeld ? Promise.resolve({ ok: true, status: 200 }) : send(`${path}/claim`, null, { answers: true });
  claimed.then(({ status, answer }) => {
    version = answer?.version ?? version;
    // The page says who holds it.
    if (status === HELD_BY_ANOTHER) loadAgain();
    else page.dataset.held = claims ? "yes" : "no";
  });
  startApproval();
  const reject = document.getElementById("reject");
  reject?.addEventListener("toggle", () => reject.scrollIntoView({ block: "nearest" }));
  // Settings come back to this page.
  document.getElementById("settings").addEventListener("submit", () => (isLeaving = true));
  if (claims) addEventListener("pagehide", giveBack);

  // What a later page holds by now has another version: it stays held.
  function giveBack() {
    if (!isLeaving) send(`${path}/release`, null, { keepalive: true, headers: { "If-Match": `"${version}"` } });
  }

  function loadAgain() {
    isLeaving = true;
    location.reload();
  }

  async function give(name, body, options) {
    const had = await claimed;
    if (!had.ok) return had;
    const given = await send(`${path}/${name}`, body, options);
    isLeaving = given.ok;
    return given;
  }

  async function act(name, body, label) {
    return (await give(name, body, { label })).ok;
  }

  function next() {
    location.href = `${page.dataset.next}&decided=${page.dataset.case}`;
  }

  const note = document.getElementById("note");
  for (const button of page.querySelectorAll("[data-act]")) {
    button.addEventListener("click", async () => {
      const { act: name, reason, label } = button.dataset;
      // Another reason is told in words: what is typed next belongs into the field, not to the shortcuts.
      if (reason === "other" && !note.value.trim()) return note.focus();
      const body = name === "reject" ? { reason, note: note.value || null } : null;
      if (await act(name, body, label)) next();
    });
  }
  note?.addEventListener("keydown", (event) => {
    if (event.key === "Escape") note.blur();
    if (event.key === "Enter" && !event.isComposing) page.querySelector('[data-reason="other"]').click();
  });
  startPlateForm(give, loadAgain);
  onForm("fine-form", "fine", (form) => ({
    amount_vnd: Number(form.get("amount_vnd")),
    without_notice: form.get("without_notice"),
    circumstances: form.getAll("circumstances"),
  }));
  onForm("payment-form", "payments", (form) => ({
    amount_vnd: Number(form.get("amount_vnd")),
    reference: form.get("reference"),
  }));

  // Who approves holds nothing: the service says when somebody else was faster.
  function startApproval() {
    for (const button of page.querySelectorAll("[data-move]")) {
      button.addEventListener("click", async () => {
        if (await act("moves", { move: button.dataset.move, why: null }, button.dataset.label)) next();
      });
    }
    for (const form of page.querySelectorAll("[data-move-form]")) {
      // At once: what is typed right after the key belongs into the field.
      form.parentElement.querySelector("summary").addEventListener("click", (event) => {
        event.preventDefault();
        form.parentElement.open = !form.parentElement.open;
        if (form.parentElement.open) form.elements.why.focus();
      });
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const body = { move: form.dataset.moveForm, why: form.elements.why.value };
        if (await act("moves", body, form.dataset.label)) next();
      });
    }
  }

  offerUnsent(document.getElementById("unsent"), async (unsent) => {
    const name = unsent.path.split("/").pop();
    if (!(await act(name, unsent.body, unsent.label))) return;
    if (["confirm", "reject", "moves"].includes(name)) next();
    else loadAgain();
  });

  function onForm(id, name, read) {
    document.getElementById(id)?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const label = event.target.dataset.label;
      if (await act(name, read(new FormData(event.target)), label)) loadAgain();
    });
  }
}

// What is looked at first comes first: the clip, and the pictures of the next case, wait for this one's stills.
async function afterPictures(stills) {
  const pictures = [...(stills?.querySelectorAll("img") ?? [])];
  await Promise.all(pictures.map((picture) => picture.decode().catch(() => {})));
}

function fetchAhead(addresses) {
  for (const address of addresses.split(" ").filter(Boolean)) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href: address }));
  }
}

function isSeenAgain() {
  const [{ type }] = performance.getEntriesByType("navigation");
  return type !== "navigate" || document.referrer.split("?")[0] === location.href.split("?")[0];
}

function startPlate() {
  const picture = document.getElementById("plate-picture");
  picture?.addEventListener("click", () => picture.classList.toggle("large"));
  const plate = document.getElementById("plate");
  plate?.addEventListener("keydown", (event) => {
    if (event.key === "Escape") plate.blur();
  });
  onKeys((key) => {
    if (key !== "e" || !plate) return false;
    plate.focus();
    plate.select();
    return true;
  });
}

// A plate of no known form is asked for once more, from an empty field: a slip of the hand is not typed twice.
function startPlateForm(give, loadAgain) {
  let asked = null;
  document.getElementById("plate-form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = event.target.elements.plate;
    const plate = field.value;
    const body = { plate, unusual: canonical(plate) === asked };
    const { ok, status, detail } = await give("plate", body, { label: event.target.dataset.label });
    if (ok) return loadAgain();
    if (status !== QUESTIONABLE) return;
    asked = canonical(plate);
    const question = document.getElementById("plate-question");
    question.textContent = detail;
    question.hidden = false;
    say("");
    field.value = "";
    field.focus();
  });
}

function canonical(plate) {
  return plate.toUpperCase().replace(/[\s.-]/g, "");
}

function startHelp() {
  const keys = document.getElementById("keys");
  document.getElementById("help").addEventListener("click", () => keys.showModal());
  onKeys((key) => {
    if (key !== "?") return false;
    keys.showModal();
    return true;
  });
}
