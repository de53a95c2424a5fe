// Saves the drawing as the next version, tells of another's version meanwhile, merges, and enables the camera.

import { call, said } from "./calibration_jobs.js";
import { merge } from "./calibration_drawing.js";
import { say } from "./sending.js";

const byId = (id) => document.getElementById(id);

export function startSaving(editor) {
  const path = `/api/v1/cameras/${encodeURIComponent(editor.start.camera_id)}`;
  let theirs = null;

  async function save() {
    const body = { drawing: editor.drawing.now, note: byId("note").value, picture_id: editor.pictureId };
    const more = { "If-Match": `"${editor.version}"` };
    const answer = await call(`${path}/calibration`, { method: "PUT", body, more });
    if (answer.status === 412) tellConflict(answer.body.newest);
    else if (!answer.ok) {
      editor.tellProblems(answer.body.problems);
      say(answer.body.detail);
    } else {
      editor.saved(answer.body.version);
      byId("note").value = "";
      say(said("saved_version", { version: answer.body.version }));
    }
  }

  function tellConflict(newest) {
    theirs = newest;
    editor.other = newest.drawing;
    byId("conflict").hidden = false;
    const at = new Date(newest.made_at).toLocaleString(document.documentElement.lang, { timeZone: "Asia/Ho_Chi_Minh" });
    byId("conflict-text").textContent = said("conflict", { who: newest.made_by, version: newest.version, at });
    byId("conflict-clashes").replaceChildren();
    byId("merge").focus();
    editor.render();
  }

  function mergeWithTheirs() {
    const merged = merge(editor.base, editor.drawing.now, theirs.drawing);
    editor.base = theirs.drawing;
    editor.version = theirs.version;
    editor.change((drawing) => Object.assign(drawing, merged.drawing));
    const lines = merged.clashes.map((name) => {
      const line = document.createElement("li");
      line.textContent = said("clash", { shape: editor.nameOf(name) });
      return line;
    });
    byId("conflict-clashes").replaceChildren(...lines);
    byId("conflict").hidden = lines.length === 0;
    byId("merge").hidden = true;
    editor.other = lines.length ? theirs.drawing : null;
    say(said("merged"));
    editor.render();
  }

  function loadTheirs() {
    editor.forget();
    location.reload();
  }

  async function enable() {
    const why = byId("why-box").hidden ? null : byId("why").value;
    const answer = await call(`${path}/calibrations/${editor.version}/enable`, { body: { why } });
    if (answer.ok) {
      location.href = `/cameras/${encodeURIComponent(editor.start.camera_id)}?enabled=yes`;
      return;
    }
    if (answer.status === 422) {
      byId("why-box").hidden = false;
      byId("why").focus();
    }
    say(answer.body.detail);
  }

  byId("save").addEventListener("click", save);
  byId("merge").addEventListener("click", mergeWithTheirs);
  byId("load-theirs").addEventListener("click", loadTheirs);
  byId("enable").addEventListener("click", enable);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    if (!byId("save").disabled) save();
  });
}
