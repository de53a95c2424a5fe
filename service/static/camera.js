// One camera's page: puts a version in force or takes the camera out of force; unfit ones need a reason.
// A plain feed is recorded, or no longer.

import { call } from "./calibration_jobs.js";
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
