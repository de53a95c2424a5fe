// What a direction or a no-stop zone says beside its points: how long, how fast, for how long, whose queue. Shown for the chosen shape.

import { valuesOf } from "./calibration_drawing.js";
import { said } from "./calibration_jobs.js";

const place = document.getElementById("values");
const fields = [...place.querySelectorAll("[data-value]")];

export function startValues(editor) {
  for (const field of fields) field.addEventListener("change", () => put(editor, field));
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.target.blur();
    document.getElementById("stage-svg").focus();
  });
}

export function fillValues(editor) {
  const chosen = editor.tool === "select" && editor.selected ? editor.selected.name : null;
  const found = chosen && valuesOf(editor.drawing.now, chosen);
  place.hidden = !found;
  if (!found) return;
  document.getElementById("values-of").textContent = editor.nameOf(chosen);
  for (const field of fields) {
    field.parentElement.hidden = !found.keys.includes(field.dataset.value);
    if (field.parentElement.hidden) continue;
    if (field.tagName === "SELECT") fillSignals(field, editor.drawing.now.signals);
    if (field !== document.activeElement) field.value = found.thing[field.dataset.value] ?? "";
  }
}

function fillSignals(select, signals) {
  const options = [new Option(said("no_queue"), ""), ...signals.map(({ id }) => new Option(said("queue_of", { signal: id }), id))];
  if (select.options.length !== options.length) select.replaceChildren(...options);
}

function put(editor, field) {
  const name = editor.selected?.name;
  if (!name) return;
  editor.change((drawing) => {
    const found = valuesOf(drawing, name);
    if (!found) return;
    const key = field.dataset.value;
    const value = field.type === "number" ? field.valueAsNumber : field.value;
    if (key === "signal" && value === "") delete found.thing.signal;
    else found.thing[key] = Number.isNaN(value) ? null : value;
  });
}
