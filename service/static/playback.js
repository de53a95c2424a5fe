// One camera's day: plays it, shows where things move, goes on where a patrol stopped.

import { onKeys } from "./keys.js";
import { fetched, say } from "./playback_asking.js";
import { Films } from "./playback_films.js";
import { Marking, Marks } from "./playback_marking.js";
import { offerUnsent } from "./unsent.js";
import { dayTime, hourLabel, isSetClock, minuteLabel, nearWindow, nextMovement, Strip } from "./playback_timeline.js";

const THUMBS = 8;
const THUMB_WIDTH = 200;
const THUMBS_WAIT_MS = 350;
const RENEW_MS = 15_000;
const PROGRESS_MS = 5000;

const page = document.getElementById("playback");
const find = (id) => document.getElementById(id);
const texts = page.dataset;
const day = Date.parse(texts.from);
const momentText = (ms) => dayTime(ms - day + (ms < day ? 86_400_000 : 0));
const exactText = (ms) => `${momentText(ms)}.${String(Math.floor(ms) % 1000).padStart(3, "0")}`;
const stillUrl = (ms, width) => `/api/v1/recordings/${texts.camera}/still?at=${encodeURIComponent(new Date(Math.round(ms)).toISOString())}&width=${width}`;
const signed = (seconds) => `${seconds > 0 ? "+" : "−"}${Math.abs(seconds).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })}`;
let segments = [];

const films = new Films(find("stage"), { stillUrl, onTime, onState, onTrouble: () => say(texts.gone), onSegment });
const near = new Strip(find("near"), { from: day, until: day + 600_000, ticks: 60_000, label: minuteLabel, onSeek: seek });
const whole = new Strip(find("day"), { from: day, until: Date.parse(texts.until), ticks: 3_600_000, label: hourLabel, onSeek: seek });
const marks = new Marks(page, find("marks"), { momentText });
const form = find("marking");
const marking = form && new Marking(page, films, { stage: find("stage"), form, momentText: exactText, onMarked });

async function load() {
  const { ok, value } = await fetched(`/api/v1/recordings/${texts.camera}?from_at=${encodeURIComponent(texts.from)}&until_at=${encodeURIComponent(texts.until)}`);
  if (!ok) return;
  segments = value.segments.map((one) => {
    const start = Date.parse(one.started_at);
    return { ...one, start, end: start + one.duration_s * 1000, mime: one.mime_codec };
  });
  const gaps = value.gaps.map((gap) => ({ start: Date.parse(gap.from_at), end: Date.parse(gap.until_at) }));
  for (const strip of [near, whole]) {
    strip.recording = { segments, gaps, marks: marks.moments, day };
    strip.draw();
  }
  tellFeed(value.feed);
  find("clock-legend").hidden = !segments.some(isSetClock);
  const plays = films.setSegments(segments);
  find("unplayable").hidden = plays;
  find("unplayable").textContent = plays ? "" : texts.unplayable;
  find("stage-says").hidden = segments.length > 0;
  find("stage-says").textContent = texts.nothing;
}

function tellFeed(word) {
  const chip = find("feed-state");
  chip.hidden = false;
  chip.textContent = chip.dataset[word ?? "not_recorded"];
  chip.className = `chip ${{ recording: "good", connecting: "warn" }[word] ?? (word ? "bad" : "")}`;
}

function onSegment(segment) {
  if (isSetClock(segment)) say(texts.clockStep.replace("%(seconds)s", signed(segment.clock_step_s)));
}

function seek(moment) {
  if (!films.seek(moment)) say(texts.nothing);
}

function onTime(moment) {
  find("clock").textContent = exactText(moment);
  const [from, until] = nearWindow(moment);
  if (near.from !== from) {
    near.show(from, until);
    showThumbs(from);
  }
  near.moment = moment;
  whole.moment = moment;
  marking?.show(moment);
  notePatrol(moment);
}

function onState() {
  find("play").setAttribute("aria-pressed", String(films.isPlaying));
  if (!films.isPlaying && films.moment !== null) notePatrol(films.moment, true);
}

let waiting = null;
function showThumbs(from) {
  clearTimeout(waiting);
  const step = (near.until - near.from) / THUMBS;
  waiting = setTimeout(() => {
    const buttons = Array.from({ length: THUMBS }, (_, place) => thumb(from + place * step, from + (place + 1) * step));
    find("thumbs").replaceChildren(...buttons);
  }, THUMBS_WAIT_MS);
}

// The middle of its stretch, or what of the stretch is recorded.
function thumb(from, until) {
  const shown = segments.find((segment) => segment.start < until && segment.end > from);
  const moment = shown ? Math.min(Math.max((from + until) / 2, shown.start), shown.end - 1) : (from + until) / 2;
  const button = document.createElement("button");
  button.type = "button";
  button.title = momentText(moment);
  const label = document.createElement("span");
  label.textContent = momentText(moment).slice(0, 5);
  if (shown) {
    const image = document.createElement("img");
    image.src = stillUrl(moment, THUMB_WIDTH);
    image.alt = momentText(moment);
    button.append(image, label);
    button.addEventListener("click", () => seek(moment));
  } else {
    button.disabled = true;
    button.append(label);
  }
  return button;
}

let noted = { at: 0, until: 0 };
function notePatrol(moment, isLast = false) {
  if (!texts.patrol || !films.isPlaying && !isLast) return;
  const end = Date.parse(texts.patrolUntil);
  const isOver = moment >= end || moment >= (segments.at(-1)?.end ?? Infinity) - 1500;
  if (!isLast && !isOver && performance.now() - noted.at < PROGRESS_MS) return;
  if (moment <= noted.until) return;
  noted = { at: performance.now(), until: moment };
  const until = isOver && Date.now() > end ? end : Math.min(moment, end);
  fetched(`/api/v1/patrols/${texts.patrol}/progress`, { camera_id: texts.camera, seen_until: new Date(until).toISOString() }, { keepalive: true });
  if (moment >= end) {
    films.pause();
    say(texts.end);
  }
}

function onMarked(mark) {
  const option = form.querySelector(`[name=kind] option[value="${mark.kind}"]`);
  marks.add(mark, option.textContent);
  for (const strip of [near, whole]) {
    strip.recording.marks = marks.moments;
    strip.draw();
  }
}

find("play").addEventListener("click", () => (films.isPlaying ? films.pause() : films.play()));
for (const button of document.querySelectorAll("[data-step]")) button.addEventListener("click", () => films.step(Number(button.dataset.step)));
for (const button of document.querySelectorAll("[data-jump]")) button.addEventListener("click", () => films.moment !== null && seek(films.moment + Number(button.dataset.jump) * 1000));
for (const button of document.querySelectorAll("[data-speed]")) {
  button.addEventListener("click", () => {
    films.speed = Number(button.dataset.speed);
    for (const other of document.querySelectorAll("[data-speed]")) other.setAttribute("aria-checked", String(other === button));
  });
}
find("busy").addEventListener("click", () => {
  const next = films.moment === null ? null : nextMovement(segments, films.moment + 1000);
  if (next !== null) seek(next);
});
find("help").addEventListener("click", () => find("keys").showModal());
onKeys((key) => key === "?" && (find("keys").showModal(), true));
addEventListener("pagehide", () => films.moment !== null && notePatrol(films.moment, true));

const unsent = find("unsent");
if (marking) {
  offerUnsent(unsent, async (kept) => {
    unsent.hidden = await marking.send(kept);
  });
}

await load();
const begin = Date.parse(texts.begin) || segments.at(-1)?.start;
if (begin && segments.length) seek(begin);
setInterval(() => films.isPlaying || load(), RENEW_MS);
page.dataset.ready = "yes";
