// The truth page: steps through the pictures, marks with keys or pointer. Every change is saved at once.

import { boxesOver, enlarged, list, strip } from "./drawing.js";
import { Marks } from "./marks.js";

const byId = (id) => document.getElementById(id);
const texts = JSON.parse(byId("texts").textContent);
const clip = await (await fetch("/clip")).json();
const marks = new Marks(clip, sayState);
const classes = ["motorbike", "car", "bus", "truck", "bicycle"];
const verdicts = [...document.querySelectorAll("[data-verdict]")].map((button) => button.dataset.verdict);
const STEP = 0.004, LEAST_SIDE = 0.006, AHEAD = 3;
let number = 0, chosen = null, signal = clip.signals[0], shaped = false, drawn = null, playing = null;

const now = () => clip.times[number];

function sayState(state, detail) {
  byId("saving").textContent = texts[state] + (detail ? `: ${detail}` : "");
  byId("saving").className = `push ${["saved", "saving"].includes(state) ? "" : "bad"}`;
  document.documentElement.dataset.saved = state === "saved" ? "yes" : "no";
}

function notice(text) {
  byId("notice").textContent = text;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => (byId("notice").textContent = ""), 4000);
}

async function show(wanted) {
  number = Math.min(Math.max(wanted, 0), clip.times.length - 1);
  const asked = number;
  draw();
  const picture = new Image();
  picture.src = `/frames/${asked}`;
  const there = await picture.decode().then(() => true, () => false);
  if (asked !== number) return;
  byId("picture").classList.toggle("missing", !there);
  if (there) byId("frame").src = picture.src;
  else notice(texts["picture missing"]);
  await byId("frame").decode().catch(() => {});
  document.documentElement.dataset.shown = asked;
  enlarged(byId("near"), byId("frame"), clip, chosen);
  for (let next = 1; next <= AHEAD; next += 1) if (asked + next < clip.times.length) new Image().src = `/frames/${asked + next}`;
}

function nearest(at) {
  let best = 0;
  clip.times.forEach((moment, place) => { if (Math.abs(moment - at) < Math.abs(clip.times[best] - at)) best = place; });
  return best;
}

function draw() {
  const view = { at: now(), chosen, drawn, shaped };
  boxesOver(byId("over"), clip, marks, view);
  strip(byId("times"), clip, marks, view);
  list(byId("marks"), marks, chosen, texts, choose);
  byId("moment").textContent = `${now().toFixed(2)} s (${number + 1} / ${clip.times.length})`;
  byId("lamp").textContent = clip.signals.map((one) => `${one === signal && clip.signals.length > 1 ? "▸" : ""}${one}: ${texts[marks.colourAt(one, now())]}`).join(" · ");
  byId("left").textContent = `${marks.left()} / ${marks.all().length}`;
  drawChosen();
}

function drawChosen() {
  byId("chosen").hidden = !chosen;
  if (!chosen) return;
  const crossing = chosen.what === "crossing";
  byId("crossing-only").hidden = !crossing;
  byId("unsure").hidden = !crossing;
  byId("chosen-title").textContent = crossing ? `#${chosen.id} · ${chosen.at === null ? "–" : `${chosen.at.toFixed(2)} s`}` : `${chosen.signal} ${texts["signal turns"]} ${texts[chosen.colour]}`;
  byId("class").querySelector("span").textContent = texts[chosen.class] ?? texts["no class"];
  if (document.activeElement !== byId("plate")) byId("plate").value = chosen.plate ?? "";
  for (const button of document.querySelectorAll("[data-verdict]")) button.setAttribute("aria-pressed", button.dataset.verdict === chosen.verdict);
}

function choose(mark) {
  chosen = mark;
  shaped = false;
  if (mark && mark.at !== null) show(nearest(mark.at));
  else draw();
}

function chooseNext(by) {
  const all = marks.all();
  const place = all.indexOf(chosen);
  if (all.length) choose(all[place < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(place + by, 0), all.length - 1)]);
}

function chooseUnconfirmed() {
  const all = marks.all();
  const from = all.indexOf(chosen) + 1;
  const next = [...all.slice(from), ...all.slice(0, from)].find((mark) => mark.confirmed === false);
  if (next) choose(next);
  else notice(texts["nothing left to confirm"]);
}

function edit(changed) {
  if (!chosen) return;
  marks.change(() => Object.assign(chosen, changed));
  draw();
  enlarged(byId("near"), byId("frame"), clip, chosen);
}

function confirmChosen(sure) {
  if (!chosen) return chooseUnconfirmed();
  if (sure && chosen.what === "crossing" && !chosen.box) return notice(texts["draw the box first"]);
  if (sure && chosen.what === "crossing" && !chosen.class) return notice(texts["class of vehicle"]);
  edit(chosen.what === "signal" ? { confirmed: true } : { confirmed: true, sure });
  if (marks.left()) chooseUnconfirmed();
}

function usualBox() {
  const [[x1, y1], [x2, y2]] = clip.lines[0] ?? [[0.4, 0.5], [0.6, 0.5]];
  return [Math.max(0, (x1 + x2) / 2 - 0.04), Math.max(0, (y1 + y2) / 2 - 0.2), 0.08, 0.2].map(round);
}

const round = (value) => Math.round(value * 1e4) / 1e4;

function addCrossing(box) {
  const verdict = marks.colourAt(signal, now()) === "red" ? "red_light" : "lawful";
  chosen = marks.add(now(), box ?? usualBox(), verdict);
  shaped = !box;
  draw();
  enlarged(byId("near"), byId("frame"), clip, chosen);
}

const acts = {
  crossing: () => addCrossing(null),
  play: () => (playing ? stop() : play()),
  confirm: () => confirmChosen(true),
  unsure: () => { if (chosen?.what === "crossing") confirmChosen(false); },
  remove: () => { if (chosen) { const gone = chosen; chosen = null; shaped = false; marks.remove(gone); draw(); } },
  class: () => { if (chosen?.what === "crossing") edit({ class: classes[(classes.indexOf(chosen.class) + 1) % classes.length] }); },
  colour: (colour) => { chosen = marks.turn(signal, colour, now()); shaped = false; draw(); enlarged(byId("near"), byId("frame"), clip, chosen); },
  verdict: (verdict) => { if (chosen?.what === "crossing") edit({ verdict }); },
};

function act(name) {
  const [what, value] = name.split(":");
  acts[what](value);
}

function play() {
  const began = performance.now(), from = now();
  const tick = () => {
    const at = from + (performance.now() - began) / 1000;
    if (number >= clip.times.length - 1) return stop();
    const next = nearest(at);
    const going = next === number ? Promise.resolve() : show(next);
    going.then(() => { if (playing) playing = requestAnimationFrame(tick); });
  };
  playing = requestAnimationFrame(tick);
}

function stop() {
  cancelAnimationFrame(playing);
  playing = null;
}

function shapeBox(key, size) {
  const [x, y, width, height] = chosen.box;
  const [dx, dy] = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[key];
  const moved = size
    ? [x, y, Math.max(LEAST_SIDE, width + dx), Math.max(LEAST_SIDE, height + dy)]
    : [Math.min(Math.max(0, x + dx), 1 - width), Math.min(Math.max(0, y + dy), 1 - height), width, height];
  edit({ box: [moved[0], moved[1], Math.min(moved[2], 1 - moved[0]), Math.min(moved[3], 1 - moved[1])].map(round) });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === byId("plate")) {
    if (["Enter", "Escape"].includes(event.key)) { event.preventDefault(); event.target.blur(); }
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ([" ", "Enter"].includes(key) && event.target.matches("summary, a, button")) return;
  if (shaped && chosen?.box && shapedKey(key, event.shiftKey)) return event.preventDefault();
  const second = Math.max(1, Math.round(clip.times.length / clip.length));
  const keys = {
    ArrowLeft: () => show(number - (event.shiftKey ? second : 1)), ArrowRight: () => show(number + (event.shiftKey ? second : 1)),
    Home: () => show(0), End: () => show(clip.times.length - 1), " ": acts.play,
    j: () => chooseNext(1), k: () => chooseNext(-1), n: chooseUnconfirmed, c: acts.crossing, v: acts.class,
    m: moveHere, p: writePlate, b: () => { shaped = Boolean(chosen?.box); draw(); }, s: nextSignal,
    r: () => acts.colour("red"), y: () => acts.colour("yellow"), g: () => acts.colour("green"), o: () => acts.colour("off"),
    Enter: acts.confirm, u: acts.unsure, x: acts.remove, Delete: acts.remove, z: takeBack,
    "?": () => { byId("help").open = !byId("help").open; },
  };
  if (verdicts[key - 1]) acts.verdict(verdicts[key - 1]);
  else if (keys[key]) { if (playing && key !== " ") stop(); keys[key](); }
  else return;
  event.preventDefault();
}

function shapedKey(key, size) {
  if (key.startsWith("Arrow")) shapeBox(key, size);
  else if (["Enter", "Escape", "b"].includes(key)) { shaped = false; draw(); }
  else return false;
  return true;
}

function moveHere() {
  if (chosen) edit({ at: now() });
}

function writePlate() {
  if (chosen?.what !== "crossing") return;
  byId("plate").focus();
  byId("plate").select();
}

function nextSignal() {
  signal = clip.signals[(clip.signals.indexOf(signal) + 1) % clip.signals.length];
  draw();
}

function takeBack() {
  chosen = null;
  shaped = false;
  if (marks.undo()) draw();
}

function placeOf(event) {
  const frame = byId("picture").getBoundingClientRect();
  return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height].map((share) => Math.min(1, Math.max(0, share)));
}

function startDragging() {
  const picture = byId("picture");
  let from = null;
  picture.addEventListener("pointerdown", (event) => { from = placeOf(event); picture.setPointerCapture(event.pointerId); event.preventDefault(); });
  picture.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = placeOf(event);
    drawn = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])].map(round);
    draw();
  });
  picture.addEventListener("pointerup", () => {
    const box = drawn;
    from = drawn = null;
    if (!box || box[2] < LEAST_SIDE || box[3] < LEAST_SIDE) return draw();
    if (chosen?.what === "crossing") edit({ box });
    else addCrossing(box);
  });
}

byId("plate").addEventListener("change", (event) => edit({ plate: event.target.value.toUpperCase().replaceAll("Đ", "D").replace(/[^0-9A-Z]/g, "") || null }));
byId("times").addEventListener("click", (event) => {
  const frame = byId("times").getBoundingClientRect();
  show(nearest((clip.length * (event.clientX - frame.left)) / frame.width));
});
for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", () => { act(button.dataset.act); button.blur(); });
document.addEventListener("keydown", onKey);
startDragging();
byId("picture").style.setProperty("--aspect", clip.width / clip.height);
sayState("saved");
await show(0);
if (marks.left()) chooseUnconfirmed();
document.documentElement.dataset.ready = "yes";
