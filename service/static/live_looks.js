// Pictures that a worker takes while somebody looks: a look is asked for, its job tells how it goes.

import { send } from "./sending.js";

const ASK_MS = 500;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export async function askLook(camera, moving) {
  return send(`/api/v1/live/${camera}/looks`, { moving }, { answers: true });
}

export async function jobOf(number) {
  const answer = await fetch(`/api/v1/camera-jobs/${number}`).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

// Shows each new picture; returns how the look ended: its failure, or "service".
export async function follow(number, showPicture) {
  let shown = 0;
  for (;;) {
    const job = await jobOf(number);
    if (job === null) return { failure: "service" };
    const picture = job.pictures["live.jpg"];
    const count = job.progress.number ?? (job.state === "done" ? 1 : 0);
    if (picture && count !== shown) {
      shown = count;
      await showPicture(`/api/v1/camera-pictures/${picture}?n=${number}-${count}`);
    }
    if (job.state === "waiting" && !job.worker_seen) return { failure: "no_worker" };
    if (job.state === "failed") return { failure: job.failure };
    if (job.state === "done") return { failure: null };
    await pause(ASK_MS);
  }
}
