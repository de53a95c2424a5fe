// Changes what is told of a feed. Somebody else's change meanwhile is never overwritten: then the service refuses, and
// what was typed stays in the form.

import { call } from "./calibration_jobs.js";
import { positionOf, startPositionMap } from "./position_map.js";

const form = document.getElementById("edit");
const fault = document.getElementById("edit-fault");
const { position } = form.elements;
startPositionMap(position);

function tell(text) {
  fault.textContent = text;
  fault.hidden = false;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  fault.hidden = true;
  const { name, ward, main, sub, user, password } = Object.fromEntries(new FormData(form));
  if (!main && (sub || user || password)) return tell(form.dataset.needsMain);
  const place = positionOf(position.value);
  if (position.value.trim() && !place) return tell(form.dataset.noPosition);
  const body = { name, ward: ward || null, ...(place ?? { latitude: null, longitude: null }) };
  if (main) Object.assign(body, { main, sub: sub || null, user, password });
  const camera = encodeURIComponent(form.dataset.camera);
  const more = { "If-Match": `"${form.dataset.tag}"` };
  const answer = await call(`/api/v1/feeds/${camera}`, { body, more });
  if (answer.ok) location.href = `/cameras/${camera}`;
  else tell(answer.body.detail);
});
document.querySelector("[data-send]").disabled = false;
