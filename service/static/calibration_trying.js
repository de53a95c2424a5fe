// Looks at the feed for the page: the still that is drawn on, the fitness probe, watching it judge, the dry run.

import { ask, failureOf, fragment, said } from "./calibration_jobs.js";
import { say } from "./sending.js";

const byId = (id) => document.getElementById(id);

export function startTrying(editor) {
  let look = null;
  const buttons = [...document.querySelectorAll("[data-look]")];

  async function run(body, { onProgress = () => {}, label }) {
    await look?.stop();
    const asked = await ask(editor.start.camera_id, body);
    if (asked.refused) {
      editor.tellProblems(asked.refused.body.problems);
      say(asked.refused.body.detail);
      return null;
    }
    look = asked.look;
    busy(true, label);
    const job = await look.follow((state) => {
      progress(state, body);
      onProgress(state);
    });
    busy(false);
    if (job.state === "failed" && job.failure !== "stopped") feedLost(job);
    else byId("feed-lost").hidden = true;
    return job.state === "done" ? job : null;
  }

  function busy(isBusy, label = "") {
    byId("look").hidden = !isBusy;
    byId("look-label").textContent = label;
    if (!isBusy) byId("look-bar").removeAttribute("value");
  }

  function progress(state, { seconds = 0 }) {
    const waits = state.state === "waiting";
    byId("look-state").textContent = waits && !state.worker_seen ? said("no_worker") : waits ? said("look_waiting") : "";
    const at = state.progress.at_s ?? 0;
    if (!waits && seconds) byId("look-bar").value = Math.min(1, at / seconds);
  }

  function feedLost(job) {
    byId("feed-lost").hidden = false;
    byId("feed-lost-why").textContent = failureOf(job);
    byId("feed-lost-text").textContent = job.failure_text ?? "";
  }

  async function still() {
    const job = await run({ kind: "still" }, { label: said("look_still") });
    if (job) editor.showPicture(job.pictures["still.jpg"]);
  }

  function seen(state) {
    const live = state.pictures["live.jpg"];
    if (!live || !state.progress.tracks) return;
    editor.showLive(`/api/v1/camera-pictures/${live}?frame=${state.progress.number}`, state.progress);
  }

  async function judge(kind, seconds) {
    editor.endLive();
    const label = said(kind === "dry_run" ? "look_dry_run" : "look_watch_along");
    const job = await run({ kind, seconds, drawing: editor.drawing.now }, { onProgress: seen, label });
    editor.endLive();
    if (!job || kind !== "dry_run") return;
    await fragment(`/cameras/looks/${job.id}`, byId("outcome"));
    byId("outcome").scrollIntoView({ block: "start" });
  }

  async function probe() {
    if (editor.isChanged) {
      say(said("save_first"));
      return;
    }
    const seconds = Number(byId("probe-seconds").value);
    const body = { kind: "probe", seconds, version: editor.version };
    const job = await run(body, { label: said("look_probe") });
    if (!job) return;
    editor.isFit = job.result.fit;
    await fragment(`/cameras/${encodeURIComponent(editor.start.camera_id)}/fitness/${editor.version}`, byId("fitness"));
    editor.render();
  }

  byId("take-still").addEventListener("click", still);
  byId("watch").addEventListener("click", () => judge("watch_along", 600));
  byId("dry-run").addEventListener("click", () => judge("dry_run", Number(byId("dry-seconds").value)));
  byId("probe").addEventListener("click", probe);
  byId("look-stop").addEventListener("click", () => look?.stop());
  addEventListener("pagehide", () => look?.stop());
  for (const button of buttons) button.disabled = false;
  if (!editor.pictureId) still();
}
