// The picture that the clip shows, on the timeline of the case: a line that follows as it plays and steps.
// A click on the timeline leads the clip there.

const SECONDS = new Intl.NumberFormat(document.documentElement.lang, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "always",
});

export function startPlayhead(clip, timeline) {
  const playhead = document.getElementById("playhead");
  if (!clip || !playhead) return;
  const [span_s, clip_s, crossing_s] = ["spanS", "clipS", "crossingS"].map((name) => Number(timeline.dataset[name]));
  const said = document.getElementById("clip-at");

  function show(at_s) {
    const share = (clip_s + at_s) / span_s;
    playhead.setAttribute("visibility", share >= 0 && share <= 1 ? "visible" : "hidden");
    playhead.setAttribute("transform", `translate(${share * timeline.getBoundingClientRect().width} 0)`);
    said.textContent = `${SECONDS.format(clip_s + at_s - crossing_s)} s`;
  }

  function follow(_now, shown) {
    show(shown.mediaTime);
    clip.requestVideoFrameCallback(follow);
  }

  if (clip.requestVideoFrameCallback) clip.requestVideoFrameCallback(follow);
  else clip.addEventListener("timeupdate", () => show(clip.currentTime));
  new ResizeObserver(() => show(clip.currentTime)).observe(timeline);
  timeline.addEventListener("click", (event) => {
    const { left, width } = timeline.getBoundingClientRect();
    const wanted_s = ((event.clientX - left) / width) * span_s - clip_s;
    clip.pause();
    clip.currentTime = Math.min(Math.max(0, wanted_s), clip.duration || 0);
  });
}
