// The calibration page: one editor that the stage, the looks and the saving share. What is not saved stays in this browser.

import { complete, Drawing, LINES } from "./calibration_drawing.js";
import { said, words } from "./calibration_jobs.js";
import { startSaving } from "./calibration_saving.js";
import { problemsOf } from "./calibration_shapes.js";
import { addLane, addSignal, closeShape, nextTool, remove, removeLane, startStage } from "./calibration_stage.js";
import { startTrying } from "./calibration_trying.js";
import { fillValues, startValues } from "./calibration_values.js";
import { View } from "./calibration_view.js";

const byId = (id) => document.getElementById(id);
const LAMP_TOOLS = ["red", "yellow", "green", "head"];

class Editor {
  constructor(start) {
    this.start = start;
    this.view = new View(byId("stage-svg"), byId("stage-picture"));
    this.base = complete(start.drawing);
    this.version = start.version;
    this.pictureId = start.picture_id;
    this.isFit = start.is_fit;
    this.key = `calibration ${start.camera_id}`;
    this.drawing = new Drawing(start.drawing);
    this.lane = this.drawing.now.lanes[0].id;
    this.signal = this.drawing.now.lanes[0].signal || this.drawing.now.signals[0].id;
    Object.assign(this, { tool: "select", selected: null, pending: [], cursor: null, ghost: null, seen: null, other: null });
    this.restore();
  }

  get isChanged() {
    return JSON.stringify(this.drawing.now) !== JSON.stringify(this.base);
  }

  change(how) {
    this.drawing.change(how);
    this.keep();
    this.render();
  }

  undo() {
    if (this.pending.length) this.pending = this.pending.slice(0, -1);
    else this.drawing.undo();
    this.afterHistory();
  }

  redo() {
    this.drawing.redo();
    this.afterHistory();
  }

  afterHistory() {
    const { lanes, signals } = this.drawing.now;
    if (!lanes.some((lane) => lane.id === this.lane)) this.lane = lanes[0].id;
    if (!signals.some((signal) => signal.id === this.signal)) this.signal = signals[0].id;
    this.selected = null;
    this.keep();
    this.render();
  }

  use(tool) {
    this.tool = tool;
    this.pending = [];
    if (tool !== "select") this.selected = null;
    else this.cursor = null;
    this.render();
  }

  select(name, point) {
    this.selected = { name, point };
    const [kind, owner] = name.split("/");
    if (kind === "lane") this.chooseLane(owner);
    else if (kind === "signal") this.signal = owner;
  }

  // A shape that says more than its points was drawn: its first value is typed next.
  askValues(name) {
    this.select(name, -1);
    this.render();
    const first = byId("values").querySelector("label:not([hidden]) > input");
    first.focus();
    first.select();
  }

  chooseLane(id) {
    this.lane = id;
    this.signal = this.drawing.now.lanes.find((lane) => lane.id === id)?.signal || this.signal;
    this.render();
  }

  escape() {
    if (this.pending.length) this.pending = [];
    else if (this.tool !== "select") this.use("select");
    else if (this.selected) this.selected = this.selected.point === -1 ? null : { ...this.selected, point: -1 };
    else return false;
    this.render();
    return true;
  }

  nameOf(name) {
    const [kind, owner, part] = name.split("/");
    return `${said(`part_${part ?? kind}`)} ${owner}`;
  }

  showPicture(id) {
    this.pictureId = id;
    this.view.image.src = `/api/v1/camera-pictures/${id}`;
  }

  showLive(source, seen) {
    const image = new Image();
    image.onload = () => {
      if (this.isLive === false) return;
      this.view.image.src = source;
      this.seen = seen;
      byId("seen-count").textContent = said("seen_now", { vehicles: seen.tracks.length, cases: seen.cases });
      this.render();
    };
    this.isLive = true;
    image.src = source;
  }

  endLive() {
    this.isLive = false;
    this.seen = null;
    byId("seen-count").textContent = "";
    if (this.pictureId) this.showPicture(this.pictureId);
    this.render();
  }

  saved(version) {
    this.version = version;
    this.base = structuredClone(this.drawing.now);
    this.isFit = false;
    this.other = null;
    byId("conflict").hidden = true;
    byId("merge").hidden = false;
    byId("fitness").replaceChildren();
    this.forget();
    this.render();
  }

  keep() {
    const kept = { drawing: this.drawing.now, version: this.version, base: this.base };
    if (this.isChanged) localStorage.setItem(this.key, JSON.stringify(kept));
    else this.forget();
  }

  forget() {
    localStorage.removeItem(this.key);
  }

  // A drawing that was not saved: its session ended, its tab was closed, or the service was away.
  restore() {
    const kept = JSON.parse(localStorage.getItem(this.key) ?? "null");
    if (!kept) return;
    this.base = kept.base;
    this.version = kept.version;
    this.drawing = new Drawing(kept.base);
    this.drawing.change((drawing) => Object.assign(drawing, kept.drawing));
    this.lane = this.drawing.now.lanes[0].id;
    byId("restored").hidden = false;
  }

  tellProblems(problems) {
    this.told = problems ?? [];
    this.render();
  }

  render() {
    const drawing = this.ghost ?? this.drawing.now;
    const problems = problemsOf(drawing);
    const faulty = new Set(problems.map(({ where, part }) => nameOfPart(where, part)));
    this.view.draw({
      drawing, other: this.other, selected: this.selected, pending: this.pending, cursor: this.cursor,
      tool: this.tool, seen: this.seen, faulty, label: (shape) => `${said(`short_${shape.part}`)} ${shape.owner}`,
    });
    this.showTools(drawing);
    this.showProblems(problems);
    byId("save").disabled = !this.start.may_change || problems.length > 0 || !this.isChanged;
    byId("save-state").textContent = this.stateInWords();
    byId("probe").disabled = !this.start.may_change || this.isChanged || this.version === 0;
    byId("enable").disabled = !this.start.may_change || this.isChanged || this.version === 0;
    byId("enable").classList.toggle("primary", this.isFit && !this.isChanged);
    byId("save").classList.toggle("primary", this.isChanged);
    for (const id of ["watch", "dry-run"]) byId(id).disabled = !this.start.may_change || problems.length > 0;
  }

  stateInWords() {
    if (this.isChanged) return said("not_saved");
    return this.version ? said("is_saved", { version: this.version }) : said("nothing_saved");
  }

  showTools({ lanes, signals }) {
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === this.tool));
      button.classList.toggle("done", isDrawn(button.dataset.tool, this, lanes, signals));
    }
    fill(byId("lane"), lanes, this.lane);
    fill(byId("signal"), signals, this.signal);
    byId("undo").disabled = !this.drawing.canUndo && !this.pending.length;
    byId("redo").disabled = !this.drawing.canRedo;
    const isArea = ![...LAMP_TOOLS, ...LINES, "select"].includes(this.tool);
    byId("close-shape").hidden = !(isArea && this.pending.length > 2);
    byId("remove").hidden = !this.selected;
    byId("remove-lane").disabled = lanes.length < 2;
    const hint = this.tool === "select" && this.selected ? "hint_selected" : `hint_${this.tool}`;
    byId("hint").textContent = said(hint, { lane: this.lane, signal: this.signal });
    fillValues(this);
  }

  showProblems(problems) {
    const lines = problems.map(({ code, where, part }) => {
      const line = document.createElement("li");
      const values = { where, part: part ? said(`part_${part}`) : "" };
      line.append(part ? this.problemButton(said(`problem_${code}`, values), where, part) : said(`problem_${code}`, values));
      return line;
    });
    byId("problems").replaceChildren(...lines);
    byId("no-problems").hidden = lines.length > 0;
  }

  problemButton(text, where, part) {
    const button = document.createElement("button");
    button.className = "quiet link";
    button.textContent = text;
    button.addEventListener("click", () => {
      const name = `${nameOfPart(where, part)}${part === "free_on_red" ? "/0" : ""}`;
      if (name.startsWith("lane/")) this.chooseLane(where);
      if (document.querySelector(`[data-name="${CSS.escape(name)}"]`)) {
        this.use("select");
        this.select(name, -1);
      } else this.use(part);
      this.render();
    });
    return button;
  }
}

function nameOfPart(where, part) {
  if (LAMP_TOOLS.includes(part)) return `signal/${where}/${part}`;
  return `${{ solid_line: "line", no_stop_zone: "zone" }[part] ?? "lane"}/${where}/${part}`;
}

function isDrawn(tool, editor, lanes, signals) {
  const { solid_lines: lines, no_stop_zones: zones } = editor.drawing.now;
  if (tool === "solid_line") return lines.length > 0;
  if (tool === "no_stop_zone") return zones.length > 0;
  if (tool === "direction") return Boolean(lanes.find((lane) => lane.id === editor.lane)?.direction);
  if (LAMP_TOOLS.includes(tool)) return Boolean(signals.find((signal) => signal.id === editor.signal)?.lamps[tool]);
  return Boolean(lanes.find((lane) => lane.id === editor.lane)?.[tool]?.length);
}

function fill(select, things, chosen) {
  const ids = things.map((thing) => thing.id);
  if ([...select.options].map((option) => option.value).join() !== ids.join()) {
    select.replaceChildren(...ids.map((id) => new Option(id, id)));
  }
  select.value = chosen;
}

function startButtons(editor) {
  for (const button of document.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => editor.use(button.dataset.tool));
  }
  const act = { undo: () => editor.undo(), redo: () => editor.redo(), "close-shape": () => closeShape(editor), remove: () => remove(editor) };
  act["add-lane"] = () => addLane(editor);
  act["add-signal"] = () => addSignal(editor);
  act["remove-lane"] = () => removeLane(editor);
  for (const [id, how] of Object.entries(act)) byId(id).addEventListener("click", how);
  byId("lane").addEventListener("change", () => editor.chooseLane(byId("lane").value));
  byId("signal").addEventListener("change", () => {
    editor.signal = byId("signal").value;
    editor.change((drawing) => (drawing.lanes.find((lane) => lane.id === editor.lane).signal = editor.signal));
  });
  byId("discard").addEventListener("click", () => {
    editor.forget();
    location.reload();
  });
  byId("discard-restored").addEventListener("click", () => byId("discard").click());
}

const editor = new Editor(JSON.parse(byId("start").textContent));
editor.view.image.addEventListener("load", () => {
  editor.view.fit();
  editor.render();
});
addEventListener("resize", () => editor.render());
startStage(editor);
startButtons(editor);
startValues(editor);
if (editor.pictureId) editor.showPicture(editor.pictureId);
editor.view.fit();
editor.use(editor.start.may_change ? nextTool(editor) : "select");
if (editor.start.may_change) {
  startTrying(editor);
  startSaving(editor);
}
document.documentElement.dataset.drawing = Object.keys(words).length ? "ready" : "wordless";
