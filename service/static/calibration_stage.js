// Hands on the picture: pointer, touch and keyboard put, drag, nudge and remove points. Changes the editor's drawing.

import { freeId, LINES, newLane, setShape, shapesOf, valuesOf } from "./calibration_drawing.js";
import { LAMPS, nearestOn } from "./calibration_shapes.js";

const SNAP_PX = 10;
const CLOSE_PX = 14;
const DRAGGED_PX = 6;
const ORDER = ["stop_line", "approach", "junction", "red", "yellow", "green"];
const FREE = ["solid_line", "no_stop_zone"];
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function startStage(editor) {
  const { svg } = editor.view;
  let held = null;

  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    svg.focus();
    svg.setPointerCapture(event.pointerId);
    const place = snapped(editor, event);
    held = editor.tool === "select" ? grab(editor, event) : { from: place, x: event.clientX, y: event.clientY };
    editor.render();
  });

  svg.addEventListener("pointermove", (event) => {
    const place = snapped(editor, event, held?.name);
    if (held?.name) drag(editor, held, place, editor.view.placeOf(event));
    else editor.cursor = editor.tool === "select" ? null : place;
    if (held?.from && LAMPS.includes(editor.tool) && !editor.pending.length && moved(held, event)) {
      editor.pending = [held.from];
      held.isBoxDrag = true;
    }
    editor.render();
  });

  svg.addEventListener("pointerup", (event) => {
    const place = snapped(editor, event, held?.name);
    if (held?.name) drop(editor);
    else if (held?.isBoxDrag || held?.from) putPoint(editor, held.isBoxDrag ? place : held.from, event);
    held = null;
    editor.render();
  });

  svg.addEventListener("pointercancel", () => {
    held = null;
    editor.ghost = null;
    editor.render();
  });

  svg.addEventListener("pointerleave", () => {
    if (held) return;
    editor.cursor = null;
    editor.render();
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") || document.querySelector("dialog[open]")) return;
    if (["Enter", " "].includes(event.key) && event.target.matches("button, summary, a")) return;
    if (answer(editor, event)) event.preventDefault();
  });
}

function moved(held, event) {
  return Math.hypot(event.clientX - held.x, event.clientY - held.y) > DRAGGED_PX;
}

function grab(editor, event) {
  const { name, point } = event.target.dataset;
  if (!name) {
    editor.selected = null;
    return null;
  }
  editor.select(name, point === undefined ? -1 : Number(point));
  const points = shapesOf(editor.drawing.now).find((shape) => shape.name === name).points;
  return { name, point: editor.selected.point, points, from: editor.view.placeOf(event) };
}

function drag(editor, held, place, raw) {
  const shift = [raw[0] - held.from[0], raw[1] - held.from[1]];
  const points = held.points.map((old, i) => {
    if (held.point === i) return place;
    return held.point === -1 ? inside([old[0] + shift[0], old[1] + shift[1]]) : old;
  });
  editor.ghost = structuredClone(editor.drawing.now);
  setShape(editor.ghost, held.name, points);
}

function drop(editor) {
  const ghost = editor.ghost;
  editor.ghost = null;
  if (ghost) editor.change((drawing) => Object.assign(drawing, ghost));
}

function inside(place) {
  return place.map((value) => Math.min(1, Math.max(0, value)));
}

// Near points, near edges and the picture's border attract; Alt lets go.
function snapped(editor, event, exceptName = null) {
  const place = inside(editor.view.placeOf(event));
  if (event.altKey) return place;
  const reach = editor.view.sharesOf(SNAP_PX);
  const far = (other) => Math.hypot((other[0] - place[0]) / reach[0], (other[1] - place[1]) / reach[1]);
  const shapes = shapesOf(editor.drawing.now).filter((shape) => shape.name !== exceptName && !shape.isBox);
  const closest = (found) => found.sort((a, b) => far(a) - far(b)).find((other) => far(other) <= 1);
  const point = closest(shapes.flatMap((shape) => shape.points));
  const edge = () => closest(shapes.flatMap((shape) => edgesOf(shape).map((side) => nearestOn(place, side))));
  if (LAMPS.includes(editor.tool)) return place;
  return (point ?? edge() ?? place).map((value, axis) => toBorder(value, reach[axis]));
}

function toBorder(value, reach) {
  if (value < reach) return 0;
  return value > 1 - reach ? 1 : value;
}

function edgesOf({ points, isArea }) {
  const sides = points.map((place, i) => [place, points[(i + 1) % points.length]]);
  return isArea ? sides : sides.slice(0, -1);
}

export function putPoint(editor, place, event = null) {
  const { tool, pending } = editor;
  if (tool === "select") return;
  if (pending.length > 2 && event && isNear(editor, pending[0], event)) {
    closeShape(editor);
    return;
  }
  const last = pending.at(-1);
  if (last && last[0] === place[0] && last[1] === place[1]) return;
  editor.pending = [...pending, place];
  const wanted = LINES.includes(tool) || LAMPS.includes(tool) ? 2 : Infinity;
  if (editor.pending.length >= wanted) closeShape(editor);
}

function isNear(editor, place, event) {
  const [px, py] = editor.view.sharesOf(CLOSE_PX);
  const here = editor.view.placeOf(event);
  return Math.hypot((here[0] - place[0]) / px, (here[1] - place[1]) / py) <= 1;
}

export function closeShape(editor) {
  const { tool, pending } = editor;
  const least = LINES.includes(tool) || LAMPS.includes(tool) ? 2 : 3;
  if (pending.length < least) return;
  const name = nameFor(editor, tool);
  editor.pending = [];
  editor.change((drawing) => setShape(drawing, name, pending));
  const asksMore = valuesOf(editor.drawing.now, name);
  editor.use(asksMore || FREE.includes(tool) ? "select" : nextTool(editor));
  if (asksMore) editor.askValues(name);
}

function nameFor(editor, tool) {
  if (LAMPS.includes(tool)) return `signal/${editor.signal}/${tool}`;
  const { lanes, solid_lines: lines, no_stop_zones: zones } = editor.drawing.now;
  if (tool === "solid_line") return `line/${freeId("V", [...lanes, ...lines, ...zones])}/solid_line`;
  if (tool === "no_stop_zone") return `zone/${freeId("Z", [...lanes, ...lines, ...zones])}/no_stop_zone`;
  const exits = editor.drawing.now.lanes.find((lane) => lane.id === editor.lane).free_on_red.length;
  return `lane/${editor.lane}/${tool === "free_on_red" ? `free_on_red/${exits}` : tool}`;
}

// What is still missing in this lane and its signal, in the order that people draw it.
export function nextTool(editor) {
  const lane = editor.drawing.now.lanes.find((one) => one.id === editor.lane);
  const signal = editor.drawing.now.signals.find((one) => one.id === editor.signal);
  return (
    ORDER.find((part) => {
      if (LAMPS.includes(part)) return signal && !signal.lamps.head && !signal.lamps[part];
      return lane && lane[part].length < 2;
    }) ?? "select"
  );
}

function answer(editor, event) {
  if (event.ctrlKey || event.metaKey) return answerHistory(editor, event);
  const step = STEPS[event.key];
  if (step) return move(editor, step, event.shiftKey);
  if (event.key === "Escape") return editor.escape();
  if (event.key === "Enter") return finish(editor);
  if (event.key === " ") return putAtCursor(editor);
  if (["Delete", "Backspace"].includes(event.key)) return remove(editor);
  if (["n", "p"].includes(event.key.toLowerCase())) return nextPoint(editor, event.key.toLowerCase() === "n" ? 1 : -1);
  return false;
}

function answerHistory(editor, event) {
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) editor.undo();
  else if (key === "y" || (key === "z" && event.shiftKey)) editor.redo();
  else return false;
  return true;
}

function move(editor, [dx, dy], isFar) {
  const [sx, sy] = editor.view.sharesOf(isFar ? 10 : 1);
  const there = ([x, y], far = 1) => inside([x + dx * sx * far, y + dy * sy * far]);
  if (editor.tool !== "select") {
    editor.cursor = there(editor.cursor ?? [0.5, 0.5], 3);
    editor.render();
    return true;
  }
  if (!editor.selected) return false;
  const { name, point } = editor.selected;
  const points = shapesOf(editor.drawing.now).find((shape) => shape.name === name)?.points;
  if (!points) return false;
  editor.change((drawing) => setShape(drawing, name, points.map((place, i) => (point === -1 || point === i ? there(place) : place))));
  return true;
}

function finish(editor) {
  if (!editor.pending.length) return false;
  closeShape(editor);
  editor.render();
  return true;
}

function putAtCursor(editor) {
  if (editor.tool === "select" || !editor.cursor) return false;
  putPoint(editor, editor.cursor);
  editor.render();
  return true;
}

export function remove(editor) {
  if (editor.pending.length) {
    editor.pending = editor.pending.slice(0, -1);
    editor.render();
    return true;
  }
  if (!editor.selected) return false;
  const { name, point } = editor.selected;
  const shape = shapesOf(editor.drawing.now).find((one) => one.name === name);
  if (!shape) return false;
  const isWhole = point === -1 || shape.isBox || shape.points.length <= (shape.isArea ? 3 : 2);
  editor.selected = isWhole ? null : { name, point: Math.min(point, shape.points.length - 2) };
  editor.change((drawing) => setShape(drawing, name, isWhole ? [] : shape.points.filter((_, i) => i !== point)));
  return true;
}

function nextPoint(editor, step) {
  const all = shapesOf(editor.drawing.now).flatMap(({ name, points }) => points.map((_, point) => ({ name, point })));
  if (!all.length) return false;
  const here = all.findIndex(({ name, point }) => editor.selected?.name === name && editor.selected.point === point);
  const { name, point } = all[(here + step + all.length) % all.length];
  editor.use("select");
  editor.select(name, point);
  editor.render();
  return true;
}

export function addLane(editor) {
  const { lanes, solid_lines: lines, no_stop_zones: zones } = editor.drawing.now;
  const id = freeId("L", [...lanes, ...lines, ...zones]);
  editor.change((drawing) => drawing.lanes.push(newLane(id, editor.signal)));
  editor.lane = id;
  editor.use("stop_line");
}

export function addSignal(editor) {
  const id = freeId("S", editor.drawing.now.signals);
  editor.change((drawing) => {
    drawing.signals.push({ id, lamps: {} });
    drawing.lanes.find((lane) => lane.id === editor.lane).signal = id;
  });
  editor.signal = id;
  editor.use("red");
}

export function removeLane(editor) {
  if (editor.drawing.now.lanes.length < 2) return;
  editor.change((drawing) => (drawing.lanes = drawing.lanes.filter((lane) => lane.id !== editor.lane)));
  editor.chooseLane(editor.drawing.now.lanes[0].id);
}
