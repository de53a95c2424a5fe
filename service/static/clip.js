// The clip: Space plays, comma and full stop go one frame back or on. The frame length is measured while it plays.

import { onKeys } from "./keys.js";

const USUAL_FRAME_S = 1 / 25;

export function startClip(clip) {
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

  if (clip.requestVideoFrameCallback) clip.requestVideoFrameCallback(measure);
  onKeys((key) => {
    if (key === " ") clip.paused ? clip.play() : clip.pause();
    else if (key === ",") step(-1);
    else if (key === ".") step(1);
    else return false;
    return true;
  });
}
