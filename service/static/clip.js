// The clip: Space plays, comma and full stop go one frame back or on. The frame length is measured while it plays.

import { onKeys } from "./keys.js";

const USUAL_FRAME_S = 1 / 25;

export function startClip(clip) {
  if (!clip) return;
  let frame_s = USUAL_FRAME_S;
  let last = null;

  function measure(_now, shown) {
    if (last && shown.presentedFrames === last.presentedFrames + 1 && shown.mediaTime > last.mediaTime) {
      frame_s = shown.mediaTime - last.mediaTime;
    }
    last = shown;
    clip.requestVideoFrameCallback(measure);
  }

  function step(frames) {
    clip.pause();
    const end = Math.max(0, (clip.duration || 0) - frame_s / 2);
    clip.currentTime = Math.min(end, Math.max(0, clip.currentTime + frames * frame_s));
  }

  // A codec that the browser does not know gives an error, or sound without a picture.
  function tellIfUnplayable() {
    if (!clip.error && !(clip.readyState > 0 && clip.videoWidth === 0)) return;
    clip.parentElement.querySelector("figcaption").hidden = true;
    document.getElementById("clip-trouble").hidden = false;
    clip.hidden = true;
  }

  clip.addEventListener("error", tellIfUnplayable);
  clip.addEventListener("loadedmetadata", tellIfUnplayable);
  tellIfUnplayable();
  if (clip.requestVideoFrameCallback) clip.requestVideoFrameCallback(measure);
  onKeys((key) => {
    if (key === " ") clip.paused ? clip.play() : clip.pause();
    else if (key === ",") step(-1);
    else if (key === ".") step(1);
    else return false;
    return true;
  });
}
