// Draws a drawing over its picture as SVG, and what a worker sees in it now. Knows the picture's form, no events.

import { shapesOf } from "./calibration_drawing.js";
import { said } from "./calibration_jobs.js";

const SVG = "http://www.w3.org/2000/svg";
export const WIDTH = 1600;

export class View {
  constructor(svg, image) {
    this.svg = svg;
    this.image = image;
    this.height = 900;
  }

  fit() {
    if (this.image.naturalWidth) this.height = (WIDTH * this.image.naturalHeight) / this.image.naturalWidth;
    this.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${this.height}`);
  }

  placeOf(event) {
    const frame = this.svg.getBoundingClientRect();
    return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
  }

  // Screen pixels as shares, for what must be as near on every screen.
  sharesOf(pixels) {
    const frame = this.svg.getBoundingClientRect();
    return [pixels / frame.width, pixels / frame.height];
  }

  at([x, y]) {
    return [x * WIDTH, y * this.height];
  }

  text(places) {
    return places.map((place) => this.at(place).map((value) => value.toFixed(1)).join(",")).join(" ");
  }

  draw({ drawing, other, selected, pending, cursor, tool, seen, faulty, label }) {
    const scale = WIDTH / (this.svg.getBoundingClientRect().width || WIDTH);
    this.unit = scale;
    this.svg.replaceChildren();
    if (other) for (const shape of shapesOf(other)) this.shape(shape, "other");
    for (const shape of shapesOf(drawing)) {
      const chosen = selected && selected.name === shape.name;
      this.shape(shape, `${chosen ? "chosen" : ""} ${faulty.has(shape.name) ? "faulty" : ""}`, label(shape));
      if (tool === "select") this.handles(shape, chosen ? selected.point : -1);
    }
    if (seen) this.seen(seen, drawing);
    if (pending.length || cursor) this.pending(pending, cursor, tool);
  }

  make(kind, attributes, ...children) {
    const node = document.createElementNS(SVG, kind);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    this.svg.append(node);
    return node;
  }

  shape(shape, more, label = "") {
    const marks = { class: `shape part-${shape.part} ${more}`, "data-name": shape.name };
    if (shape.isBox) {
      const [[x0, y0], [x1, y1]] = shape.points.map((place) => this.at(place));
      this.make("rect", { ...marks, x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0) });
    } else {
      this.make(shape.isArea ? "polygon" : "polyline", { ...marks, points: this.text(shape.points) });
    }
    if (shape.part === "direction" && shape.points.length > 1) this.arrowHead(shape.points, marks.class);
    if (label && !more.includes("other")) this.label(shape, label);
  }

  arrowHead([tail, head], marks) {
    const [[x0, y0], [x1, y1]] = [tail, head].map((place) => this.at(place));
    const along = Math.atan2(y1 - y0, x1 - x0);
    const wing = (turn) => [x1 - 16 * this.unit * Math.cos(along + turn), y1 - 16 * this.unit * Math.sin(along + turn)];
    const points = [wing(0.45), [x1, y1], wing(-0.45)].map((place) => place.map((value) => value.toFixed(1)).join(","));
    this.make("polyline", { class: marks, points: points.join(" ") });
  }

  label(shape, label) {
    const [x, y] = this.at(shape.isArea && !shape.isBox ? middle(shape.points) : shape.points[0]);
    const size = 13 * this.unit;
    const right = shape.isBox ? x - 6 * this.unit : x;
    this.make("text", {
      class: `label part-${shape.part}`, x: right, y: shape.isBox ? y + size : y - (shape.isArea ? 0 : 8 * this.unit),
      "font-size": size, "text-anchor": shape.isBox ? "end" : shape.isArea ? "middle" : "start",
    }, label);
  }

  handles(shape, chosenPoint) {
    shape.points.forEach((place, i) => {
      const [cx, cy] = this.at(place);
      const r = (i === chosenPoint ? 8 : 6) * this.unit;
      this.make("circle", { class: `handle ${i === chosenPoint ? "chosen" : ""}`, cx, cy, r, "data-name": shape.name, "data-point": i });
    });
  }

  pending(points, cursor, tool) {
    const shown = cursor ? [...points, cursor] : points;
    const isBox = ["red", "yellow", "green", "head"].includes(tool);
    if (isBox && shown.length === 2) {
      const [[x0, y0], [x1, y1]] = shown.map((place) => this.at(place));
      this.make("rect", { class: `pending part-${tool}`, x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) });
    } else if (shown.length > 1) {
      this.make("polyline", { class: `pending part-${tool}`, points: this.text(shown) });
    }
    for (const place of points) {
      const [cx, cy] = this.at(place);
      this.make("circle", { class: "handle", cx, cy, r: 5 * this.unit });
    }
    if (cursor) this.cross(cursor);
  }

  cross(place) {
    const [x, y] = this.at(place);
    const arm = 12 * this.unit;
    this.make("path", { class: "crosshair", d: `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}` });
  }

  seen(seen, drawing) {
    for (const track of seen.tracks) {
      const [[x0, y0], [x1, y1]] = [track.box.slice(0, 2), track.box.slice(2)].map((place) => this.at(place));
      this.make("rect", { class: "seen", x: x0, y: y0, width: x1 - x0, height: y1 - y0 });
      if (track.path.length > 1) this.make("polyline", { class: "seen-path", points: this.text(track.path) });
    }
    for (const { signal_id: id, colour } of seen.signals) {
      const lamps = drawing.signals.find((signal) => signal.id === id)?.lamps ?? {};
      const box = lamps.head ?? lamps.red ?? lamps.green;
      if (!box) continue;
      const [x, y] = this.at([box[0], box[1]]);
      this.make("circle", { class: `lamp-now lamp-${colour}`, cx: x - 14 * this.unit, cy: y - 16 * this.unit, r: 9 * this.unit });
      const beside = { x: x - 28 * this.unit, y: y - 11 * this.unit, "font-size": 14 * this.unit, "text-anchor": "end" };
      this.make("text", { class: "label", ...beside }, said(`lamp_${colour}`));
    }
  }
}

function middle(points) {
  return [0, 1].map((axis) => points.reduce((sum, place) => sum + place[axis], 0) / points.length);
}
