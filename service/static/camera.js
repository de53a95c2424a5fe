// One camera's page: puts a version in force or takes the camera out of force; unfit ones need a reason.
// A plain feed is recorded, or no longer.

import { call } from "./calibration_jobs.js";
import { newestStill } from "./live_looks.js";
import { say } from "./sending.js";

const camera = encodeURIComponent(document.getElementById("camera-page").dataset.camera);
const dialog = document.getElementById("why-dialog");
const form = document.getElementById("why-form");
let version = null;

async function enable(why) {
  const answer = await call(`/api/v1/cameras/${camera}/calibrations/${version}/enable`, { body: { why } });
  if (answer.ok) location.href = `/cameras/${camera}?enabled=yes`;
  else say(answer.body.detail);
}

for (const button of document.querySelectorAll("[data-enable]")) {
  button.addEventListener("click", () => {
    version = button.dataset.enable;
    if (button.dataset.fit) enable(null);
    else dialog.showModal();
  });
}

dialog.addEventListener("close", () => {
  if (dialog.returnValue === "yes") enable(form.elements.why.value);
});

for (const [button, way] of [["[data-disable]", "disable"], ["[data-record]", "enable"]]) {
  document.querySelector(button)?.addEventListener("click", async () => {
    const answer = await call(`/api/v1/cameras/${camera}/${way}`, { body: {} });
    if (answer.ok) location.reload();
    else say(answer.body.detail);
  });
}

// Of a plain feed there is no drawing to show: what was recorded last stands in its place.
const AGAIN_MS = 5000;

async function showNewest(figure) {
  const { at, picture } = await newestStill(decodeURIComponent(camera), 1280);
  if (!at) return setTimeout(() => showNewest(figure), AGAIN_MS);
  picture.alt = figure.dataset.alt;
  figure.querySelector("p").replaceWith(picture);
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", hourCycle: "h23", timeZone: "Asia/Ho_Chi_Minh" });
  figure.querySelector("time").textContent = time.format(at);
  figure.querySelector("figcaption").hidden = false;
}

const newest = document.getElementById("newest");
if (newest) showNewest(newest);
