// The drawing under work with its history, its shapes by name, and the merge of two people's drawings.
// A shape's name is "lane/L1/approach", "lane/L1/free_on_red/0" or "signal/S1/red". A drawing is never changed in place.

import { LAMPS } from "./calibration_shapes.js";

const copy = (value) => structuredClone(value);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const rounded = (points) => points.map((place) => place.map((value) => Math.round(value * 1e5) / 1e5));

export class Drawing {
  constructor(start) {
    this.states = [complete(start)];
    this.at = 0;
  }

  get now() {
    return this.states[this.at];
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.states.length - 1;
  }

  change(how) {
    const next = copy(this.now);
    how(next);
    if (same(next, this.now)) return;
    this.states = [...this.states.slice(0, this.at + 1), next];
    this.at += 1;
  }

  undo() {
    if (this.canUndo) this.at -= 1;
  }

  redo() {
    if (this.canRedo) this.at += 1;
  }
}

export function complete(drawing) {
  const made = copy(drawing);
  made.signals ??= [];
  made.lanes ??= [];
  for (const lane of made.lanes) lane.free_on_red ??= [];
  if (!made.signals.length) made.signals.push({ id: "S1", lamps: {} });
  if (!made.lanes.length) made.lanes.push(newLane("L1", made.signals[0].id));
  return made;
}

export function newLane(id, signal) {
  return { id, approach: [], stop_line: [], junction: [], signal, free_on_red: [] };
}

export function freeId(letter, things) {
  const taken = new Set(things.map((thing) => thing.id));
  let number = 1;
  while (taken.has(`${letter}${number}`)) number += 1;
  return `${letter}${number}`;
}

export function shapesOf(drawing) {
  const shapes = [];
  for (const lane of drawing.lanes) {
    for (const part of ["approach", "junction"]) shapes.push(shape("lane", lane.id, part, lane[part], true));
    lane.free_on_red.forEach((polygon, i) => shapes.push(shape("lane", lane.id, `free_on_red/${i}`, polygon, true)));
    shapes.push(shape("lane", lane.id, "stop_line", lane.stop_line, false));
  }
  for (const signal of drawing.signals) {
    for (const lamp of LAMPS) {
      const box = signal.lamps[lamp];
      if (box) shapes.push({ ...shape("signal", signal.id, lamp, [box.slice(0, 2), box.slice(2)], true), isBox: true });
    }
  }
  return shapes.filter((one) => one.points.length);
}

function shape(kind, owner, place, points, isArea) {
  const part = place.split("/")[0];
  return { name: `${kind}/${owner}/${place}`, kind, owner, part, points, isArea, isBox: false };
}

export function setShape(drawing, name, points) {
  const [kind, owner, part, index] = name.split("/");
  const thing = (kind === "lane" ? drawing.lanes : drawing.signals).find((one) => one.id === owner);
  if (!thing) return;
  const places = rounded(points);
  if (kind === "signal") thing.lamps[part] = places.length ? boxOf(places) : undefined;
  else if (part !== "free_on_red") thing[part] = places;
  else if (places.length) thing.free_on_red[Number(index)] = places;
  else thing.free_on_red.splice(Number(index), 1);
  if (kind === "signal" && !places.length) delete thing.lamps[part];
}

function boxOf([a, b]) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
}

// Three-way, part by part: what only one side changed is taken from that side; where both did, mine stays and is told.
export function merge(base, mine, theirs) {
  const [old, own, other] = [base, mine, theirs].map(partsOf);
  const clashes = [];
  const chosen = {};
  for (const name of new Set([...Object.keys(own), ...Object.keys(other)])) {
    const changedByMe = !same(own[name], old[name]);
    const changedByThem = !same(other[name], old[name]);
    if (changedByMe && changedByThem && !same(own[name], other[name])) clashes.push(name);
    chosen[name] = changedByMe ? own[name] : other[name];
  }
  return { drawing: fromParts(chosen, mine, theirs), clashes };
}

function partsOf(drawing) {
  const parts = {};
  for (const lane of drawing.lanes ?? []) {
    for (const name of ["approach", "stop_line", "junction", "signal"]) parts[`lane/${lane.id}/${name}`] = lane[name];
    parts[`lane/${lane.id}/free_on_red`] = lane.free_on_red ?? [];
  }
  for (const signal of drawing.signals ?? []) {
    for (const lamp of LAMPS) parts[`signal/${signal.id}/${lamp}`] = signal.lamps[lamp] ?? null;
  }
  return parts;
}

function fromParts(parts, mine, theirs) {
  const made = { ...copy(theirs), lanes: [], signals: [] };
  for (const [name, value] of Object.entries(parts)) {
    const [kind, id, part] = name.split("/");
    if (value === undefined) continue;
    if (kind === "signal") {
      const signal = found(made.signals, id, () => ({ id, lamps: {} }));
      if (value) signal.lamps[part] = copy(value);
    } else {
      const known = [mine, theirs].flatMap((drawing) => drawing.lanes).find((lane) => lane.id === id);
      found(made.lanes, id, () => ({ ...copy(known), ...newLane(id, "") }))[part] = copy(value);
    }
  }
  return made;
}

function found(things, id, make) {
  let thing = things.find((one) => one.id === id);
  if (!thing) things.push((thing = make()));
  return thing;
}
