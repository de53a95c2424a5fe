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
    // Nobody took it: the same as nobody being there, and said in the same words.
    if (job.state === "failed") return { failure: job.failure === "nobody_took" ? "no_worker" : job.failure };
    if (job.state === "done") return { failure: null };
    await pause(ASK_MS);
  }
}

// Where the browser cannot play what is recorded, the recorder's newest picture stands in; `at` is null while there is
// none. `feed`: how the recorder fares with the camera.
export async function newestStill(camera, width) {
  const told = await fetch(`/api/v1/live/${camera}`).catch(() => null);
  if (!told?.ok) return { at: null, feed: "service" };
  const { still_at: at, feed } = await told.json();
  if (!at) return { at: null, feed };
  const picture = new Image();
  picture.alt = "";
  picture.src = `/api/v1/live/${camera}/still?width=${width}&at=${encodeURIComponent(at)}`;
  const isSeen = await picture.decode().then(
    () => true,
    () => false,
  );
  return { at: isSeen ? new Date(at) : null, feed, picture };
}
