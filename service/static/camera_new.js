// Registers a feed and goes on to its calibration; asks a worker for ONVIF devices and takes over their streams.

import { ask, call, failureOf, said } from "./calibration_jobs.js";
import { positionOf, startPositionMap } from "./position_map.js";

const form = document.getElementById("register");
const fault = document.getElementById("register-fault");
const state = document.getElementById("onvif-state");
const device = document.getElementById("device");

startPositionMap(form.elements.position);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  fault.hidden = true;
  const fields = Object.fromEntries(new FormData(form));
  const { latitude, longitude } = positionOf(fields.position) ?? { latitude: null, longitude: null };
  delete fields.position;
  const body = { ...fields, sub: fields.sub || null, ward: fields.ward || null, latitude, longitude };
  const answer = await call("/api/v1/feeds", { body });
  if (answer.ok) {
    const camera = `/cameras/${encodeURIComponent(answer.body.camera_id)}`;
    location.href = fields.kind === "smart" ? `${camera}/calibrate` : camera;
    return;
  }
  fault.textContent = answer.body.detail;
  fault.hidden = false;
});

async function asks(body, label) {
  state.textContent = said(label);
  const asked = await ask(null, body);
  if (asked.refused) {
    state.textContent = asked.refused.body.detail;
    return null;
  }
  const job = await asked.look.follow((now) => {
    if (now.state === "waiting" && !now.worker_seen) state.textContent = said("no_worker");
  });
  state.textContent = job.state === "failed" ? `${failureOf(job)} ${job.failure_text ?? ""}` : "";
  return job.state === "done" ? job.result : null;
}

document.getElementById("discover").addEventListener("click", async () => {
  const found = await asks({ kind: "discover", seconds: 4 }, "look_discover");
  if (!found) return;
  if (!found.devices.length) state.textContent = said("no_devices");
  const lines = found.devices.map((one) =>
    line([one.name || one.address, one.hardware, one.location].filter(Boolean).join(" · "), document.getElementById("profiles").textContent, () => {
      device.value = one.address;
      if (!form.elements.name.value) form.elements.name.value = one.location || one.name;
      document.getElementById("profiles").click();
    }),
  );
  document.getElementById("devices").replaceChildren(...lines);
});

document.getElementById("profiles").addEventListener("click", async () => {
  if (!device.value) return;
  const { user, password } = form.elements;
  const asked = { address: device.value, user: user.value, password: password.value };
  const found = await asks({ kind: "profiles", device: asked }, "look_profiles");
  if (!found) return;
  if (!found.profiles.length) state.textContent = said("no_profiles");
  const ordered = [...found.profiles].sort((a, b) => b.width * b.height - a.width * a.height);
  const lines = ordered.map((one) => {
    const text = `${one.name}: ${one.codec} ${one.width}×${one.height}, ${one.fps} fps`;
    return line(text, said("use_streams", { stream: said("main_stream") }), () => (form.elements.main.value = one.url), [
      said("use_streams", { stream: said("sub_stream") }), () => (form.elements.sub.value = one.url),
    ]);
  });
  document.getElementById("streams").replaceChildren(...lines);
  if (ordered.length && !form.elements.main.value) form.elements.main.value = ordered[0].url;
  if (ordered.length > 1 && !form.elements.sub.value) form.elements.sub.value = ordered.at(-1).url;
});

function line(text, label, act, more = null) {
  const made = document.createElement("li");
  const words = document.createElement("span");
  words.className = "id";
  words.textContent = text;
  made.append(words, button(label, act));
  if (more) made.append(button(...more));
  return made;
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}
document.querySelector("[data-send]").disabled = false;
