// One camera alone: its recording's growing end as film, or the key pictures that a worker takes.
// Where the browser cannot play the codec (mostly H.265) stills of the recorder stand in, and the page says so.
// When nothing new comes the page says so and why, keeps the last picture, and goes on by itself.

import { LiveFilm } from "./live_film.js";
import { askLook, follow, newestStill, pause } from "./live_looks.js";

const LATE_MS = 6000;
const AGAIN_MS = 5000;

const stage = document.getElementById("live");
const [video, image] = [stage.querySelector("video"), stage.querySelector("img")];
const { camera } = stage.dataset;
const time = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", hourCycle: "h23", timeZone: "Asia/Ho_Chi_Minh" });
let cameAt = performance.now();
let lastAt = null;

function came(at) {
  cameAt = performance.now();
  lastAt = at;
  document.getElementById("trouble").hidden = true;
  document.getElementById("waits").hidden = true;
  stage.dataset.seen = "yes";
}

function tell(selector) {
  for (const one of document.querySelectorAll("#why > span")) one.hidden = !one.matches(selector);
  document.getElementById("last-at").textContent = lastAt ? time.format(lastAt) : "–";
  document.getElementById("trouble").hidden = false;
}

function showLag(seconds) {
  document.getElementById("lag").textContent = seconds.toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  document.getElementById("lag-said").hidden = false;
}

async function showLooks() {
  image.hidden = false;
  for (;;) {
    const { ok, answer } = await askLook(camera, true);
    const { failure } = ok
      ? await follow(answer.job_id, async (address) => {
          image.src = address;
          await image.decode().catch(() => {});
          came(new Date());
        })
      : { failure: "service" };
    if (failure) tell(`[data-failure="${failure}"], [data-said="${failure}"]`);
    await pause(AGAIN_MS);
  }
}

function showFilm() {
  video.hidden = false;
  const film = new LiveFilm(video, `/api/v1/live/${camera}`, {
    came: () => came(film.shownAt),
    nothing: (why) => {
      if (performance.now() - cameAt > LATE_MS) tell(`[data-feed="${why === "recording" ? "stalled" : why}"], [data-said="${why}"]`);
    },
    cannot: showStills,
  });
  film.follow();
  setInterval(() => {
    if (!video.paused && film.shownAt) showLag(film.lagS);
  }, 500);
}

async function showStills() {
  video.hidden = true;
  document.getElementById("stills-said").hidden = false;
  document.getElementById("way-said").hidden = true;
  for (;;) {
    const { at, feed, picture } = await newestStill(camera, 1280);
    if (at && at - (lastAt ?? 0) > 0) {
      image.src = picture.src;
      image.hidden = false;
      document.getElementById("still-at").textContent = time.format(at);
      came(at);
    }
    if (feed !== "recording") tell(`[data-feed="${feed}"], [data-said="${feed}"]`);
    await pause(AGAIN_MS);
  }
}

document.getElementById("whole").addEventListener("click", () => stage.requestFullscreen());
if (stage.dataset.way === "film") showFilm();
else showLooks();
