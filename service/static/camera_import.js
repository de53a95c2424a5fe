// Sends a CSV file of cameras and says what became of it, each faulty line in the reader's language.

import { headers, said } from "./calibration_jobs.js";

const outcome = document.getElementById("import-outcome");
const faults = document.getElementById("faults");

document.getElementById("import").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = event.target.elements.file.files;
  const sent = { ...headers(), "Content-Type": "text/csv" };
  const answer = await fetch("/api/v1/cameras/import", { method: "POST", headers: sent, body: file }).catch(() => null);
  const body = answer ? await answer.json() : { detail: document.body.dataset.offline };
  faults.hidden = true;
  if (!answer?.ok) {
    outcome.replaceChildren(paragraph(body.detail, "alarm"));
    return;
  }
  if (body.faults.length) tell(body.faults);
  else outcome.replaceChildren(paragraph(said("imported", body), "said"));
});

function tell(found) {
  outcome.replaceChildren(paragraph(said("nothing_imported", { count: found.length }), "alarm"));
  const rows = found.map((fault) => {
    const row = document.createElement("tr");
    row.append(cell(fault.line, "right"), cell(said(`line_${fault.code}`, { value: fault.value || "–" })));
    return row;
  });
  faults.querySelector("tbody").replaceChildren(...rows);
  faults.hidden = false;
}

function cell(text, kind = "") {
  const made = document.createElement("td");
  made.textContent = text;
  made.className = kind;
  return made;
}

function paragraph(text, kind) {
  const made = document.createElement("p");
  made.textContent = text;
  made.className = kind;
  return made;
}
document.querySelector("[data-send]").disabled = false;
