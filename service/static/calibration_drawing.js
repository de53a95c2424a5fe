// The drawing under work with its history, its shapes by name, and the merge of two people's drawings.
// A shape's name is "lane/L1/approach", "lane/L1/free_on_red/0", "line/V1/solid_line", "zone/Z1/no_stop_zone" or
// "signal/S1/red". A drawing is never changed in place.

import { LAMPS } from "./calibration_shapes.js";

export const LINES = ["stop_line", "direction", "solid_line"];
const LEAST_KMH = 8;
const MOST_S = 30;

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
  made.solid_lines ??= [];
  made.no_stop_zones ??= [];
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
    if (lane.direction) shapes.push(shape("lane", lane.id, "direction", lane.direction.arrow, false));
  }
  for (const { id, area } of drawing.no_stop_zones ?? []) shapes.push(shape("zone", id, "no_stop_zone", area, true));
  for (const { id, line } of drawing.solid_lines ?? []) shapes.push(shape("line", id, "solid_line", line, false));
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

// Puts a shape's points in; without points the shape goes. A line or zone that is not there yet comes to be.
export function setShape(drawing, name, points) {
  const [kind, owner, part, index] = name.split("/");
  const places = rounded(points);
  if (kind === "line") return setThing(drawing.solid_lines, { id: owner }, "line", places);
  if (kind === "zone") return setThing(drawing.no_stop_zones, { id: owner, most_s: MOST_S }, "area", places);
  const thing = (kind === "lane" ? drawing.lanes : drawing.signals).find((one) => one.id === owner);
  if (!thing) return;
  if (kind === "signal") setLamp(thing, part, places);
  else if (part === "direction") setDirection(thing, places);
  else if (part !== "free_on_red") thing[part] = places;
  else if (places.length) thing.free_on_red[Number(index)] = places;
  else thing.free_on_red.splice(Number(index), 1);
}

function setThing(things, fresh, key, places) {
  const at = things.findIndex((one) => one.id === fresh.id);
  if (!places.length) {
    if (at >= 0) things.splice(at, 1);
  } else if (at < 0) things.push({ ...fresh, [key]: places });
  else things[at][key] = places;
}

function setLamp(signal, lamp, places) {
  if (places.length) signal.lamps[lamp] = boxOf(places);
  else delete signal.lamps[lamp];
}

function setDirection(lane, places) {
  if (places.length) lane.direction = { length_m: null, least_kmh: LEAST_KMH, ...lane.direction, arrow: places };
  else delete lane.direction;
}

// What a direction or a zone says beside its points: { thing, keys } of a shape that has such values, else null.
export function valuesOf(drawing, name) {
  const [kind, owner, part] = name.split("/");
  if (kind === "zone") {
    const zone = drawing.no_stop_zones.find((one) => one.id === owner);
    return zone ? { thing: zone, keys: ["most_s", "signal"] } : null;
  }
  const direction = part === "direction" && drawing.lanes.find((one) => one.id === owner)?.direction;
  return direction ? { thing: direction, keys: ["length_m", "least_kmh"] } : null;
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
    parts[`lane/${lane.id}/direction`] = lane.direction ?? null;
  }
  for (const signal of drawing.signals ?? []) {
    for (const lamp of LAMPS) parts[`signal/${signal.id}/${lamp}`] = signal.lamps[lamp] ?? null;
  }
  for (const line of drawing.solid_lines ?? []) parts[`line/${line.id}/solid_line`] = line;
  for (const zone of drawing.no_stop_zones ?? []) parts[`zone/${zone.id}/no_stop_zone`] = zone;
  return parts;
}

function fromParts(parts, mine, theirs) {
  const made = { ...copy(theirs), lanes: [], signals: [], solid_lines: [], no_stop_zones: [] };
  for (const [name, value] of Object.entries(parts)) {
    const [kind, id, part] = name.split("/");
    if (value === undefined) continue;
    if (kind === "signal") {
      const signal = found(made.signals, id, () => ({ id, lamps: {} }));
      if (value) signal.lamps[part] = copy(value);
    } else if (kind === "line") made.solid_lines.push(copy(value));
    else if (kind === "zone") made.no_stop_zones.push(copy(value));
    else {
      const lane = found(made.lanes, id, () => newLane(id, ""));
      if (value !== null) lane[part] = copy(value);
    }
  }
  return made;
}

function found(things, id, make) {
  let thing = things.find((one) => one.id === id);
  if (!thing) things.push((thing = make()));
  return thing;
}
