// The wall: each tile shows its camera's newest picture. Of what is recorded the browser takes the first picture of
// the newest piece of film; of other cameras a worker takes one picture after the other.

import { askLook, follow, newestStill, pause } from "./live_looks.js";

const FILM_EVERY_MS = 5000;
const LOOKS_EVERY_MS = 8000;
const STILLS_EVERY_MS = 10000;
const AFTER_TROUBLE_MS = 20000;

const wall = document.getElementById("wall");
const time = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", hourCycle: "h23", timeZone: "Asia/Ho_Chi_Minh" });
const said = (name) => document.querySelector(`#said :is([data-failure="${name}"], [data-said="${name}"], [data-feed="${name}"])`)?.textContent ?? name;

function show(tile, picture, at) {
  const stage = tile.querySelector(".tile-picture");
  for (const old of stage.querySelectorAll("video, img")) old.remove();
  stage.querySelector("[data-waits]").hidden = true;
  stage.append(picture);
  tile.classList.remove("is-late");
  if (tile.dataset.way === "looks") document.getElementById("no-worker").hidden = true;
  tile.querySelector("[data-at]").textContent = time.format(at);
  tile.querySelector("[data-taken]").hidden = false;
  tile.querySelector("[data-trouble]").hidden = true;
}

function trouble(tile, name) {
  if (name === "no_worker") document.getElementById("no-worker").hidden = false;
  tile.classList.add("is-late");
  const line = tile.querySelector("[data-trouble]");
  line.textContent = ` ${said(name)}`;
  line.hidden = false;
  tile.querySelector("[data-waits]").textContent = "–";
}

async function glimpse(tile) {
  if ("stills" in tile.dataset) return still(tile);
  const answer = await fetch(`/api/v1/live/${tile.dataset.camera}/glimpse`).catch(() => null);
  if (!answer?.ok) return trouble(tile, "no_picture");
  if (answer.status === 204) return trouble(tile, answer.headers.get("X-Live-Feed"));
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, preload: "auto", tabIndex: -1 });
  video.setAttribute("aria-hidden", "true");
  const address = URL.createObjectURL(await answer.blob());
  const isSeen = await new Promise((done) => {
    video.addEventListener("loadeddata", () => done(true), { once: true });
    video.addEventListener("error", () => done(false), { once: true });
    video.src = address;
  });
  URL.revokeObjectURL(address);
  if (!isSeen) {
    tile.dataset.stills = "yes";
    tile.querySelector("[data-codec]").hidden = false;
    return still(tile);
  }
  return show(tile, video, new Date(Number(answer.headers.get("X-Live-Now-Ms"))));
}

// Of what this browser cannot play the recorder decodes a picture now and then.
async function still(tile) {
  if (performance.now() < (tile.stillUntil ?? 0)) return;
  tile.stillUntil = performance.now() + STILLS_EVERY_MS;
  const { at, feed, picture } = await newestStill(tile.dataset.camera, 480);
  if (feed !== "recording") trouble(tile, feed === "service" ? "no_picture" : feed);
  else if (at) show(tile, picture, at);
}

async function look(tile) {
  const { ok, answer } = await askLook(tile.dataset.camera, false);
  if (!ok) return trouble(tile, "no_picture");
  const { failure } = await follow(answer.job_id, async (address) => {
    const picture = new Image();
    picture.alt = "";
    picture.src = address;
    await picture.decode().catch(() => {});
    show(tile, picture, new Date());
  });
  return failure ? trouble(tile, failure) : undefined;
}

async function renew(tiles, once, everyMs) {
  while (tiles.length) {
    for (const tile of tiles) {
      while (document.hidden) await pause(500);
      if (performance.now() < (tile.restsUntil ?? 0)) continue;
      await once(tile);
      if (once === look && tile.classList.contains("is-late")) tile.restsUntil = performance.now() + AFTER_TROUBLE_MS;
    }
    await pause(everyMs);
  }
}

if (wall) {
  const of = (way) => [...wall.querySelectorAll(`[data-way=${way}]`)];
  renew(of("film"), glimpse, FILM_EVERY_MS);
  renew(of("looks"), look, LOOKS_EVERY_MS);
}
