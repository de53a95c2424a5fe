// Plane geometry of drawings and what is wrong with one: the same rules and codes as service/cameras/drawings.py.
// Places are [x, y] in shares of the picture. Pure functions: no page, no state.

const LEAST_AREA = 1e-5;
const NEAR_LANE = 0.05;
const [LENGTHS_M, SPEEDS_KMH, STOPS_S] = [[5, 60], [6, 50], [3, 120]];
export const LAMPS = ["red", "yellow", "green", "head"];

const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
const sides = (polygon) => polygon.map((place, i) => [place, polygon[(i + 1) % polygon.length]]);
const cross = ([a, b], [c, d]) => turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;

export function crossesItself(polygon) {
  const all = sides(polygon);
  return all.some((first, i) => all.slice(i + 1).some((second) => cross(first, second)));
}

export function area(polygon) {
  return Math.abs(sides(polygon).reduce((sum, [a, b]) => sum + a[0] * b[1] - b[0] * a[1], 0)) / 2;
}

export function isInside([x, y], polygon) {
  return sides(polygon).reduce((within, [a, b]) => {
    const spans = a[1] > y !== b[1] > y;
    return spans && x < a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0]) ? !within : within;
  }, false);
}

export function nearestOn(place, [a, b]) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((place[0] - a[0]) * dx + (place[1] - a[1]) * dy) / length;
  const held = Math.min(1, Math.max(0, along));
  return [a[0] + held * dx, a[1] + held * dy];
}

function distance(place, polygon) {
  if (isInside(place, polygon)) return 0;
  return Math.min(...sides(polygon).map((side) => Math.hypot(...nearestOn(place, side).map((v, i) => v - place[i]))));
}

const centre = (polygon) => [0, 1].map((axis) => polygon.reduce((sum, p) => sum + p[axis], 0) / polygon.length);
const inPicture = (values) => values.every((value) => value >= 0 && value <= 1);

export function problemsOf(drawing) {
  const found = [];
  if (!drawing.signals.length) found.push({ code: "no_signal", where: "", part: "" });
  if (!drawing.lanes.length) found.push({ code: "no_lane", where: "", part: "" });
  for (const signal of drawing.signals) found.push(...ofSignal(signal));
  for (const lane of drawing.lanes) found.push(...ofLane(lane, drawing.signals));
  for (const { id, line } of drawing.solid_lines ?? []) found.push(...ofTwoPoints(line, id, "solid_line"));
  for (const zone of drawing.no_stop_zones ?? []) found.push(...ofZone(zone, drawing.signals));
  return found;
}

function ofSignal({ id, lamps }) {
  const found = [];
  if (!lamps.head && !(lamps.red && lamps.green)) found.push({ code: "no_lamps", where: id, part: "" });
  for (const part of LAMPS) {
    const box = lamps[part];
    if (!box) continue;
    if (!inPicture(box)) found.push({ code: "lamp_outside_picture", where: id, part });
    else if (!(box[0] < box[2] && box[1] < box[3])) found.push({ code: "lamp_no_area", where: id, part });
  }
  return found;
}

function ofLane(lane, signals) {
  const found = [];
  const say = (code, part) => found.push({ code, where: lane.id, part });
  const line = lane.stop_line;
  if (!signals.some((signal) => signal.id === lane.signal)) say("no_such_signal", "");
  if (line.length < 2 || String(line[0]) === String(line[1])) say("no_stop_line", "stop_line");
  else if (!inPicture(line.flat())) say("outside_picture", "stop_line");
  const faulty = new Set();
  const exits = lane.free_on_red.map((polygon) => ["free_on_red", polygon]);
  for (const [part, polygon] of [["approach", lane.approach], ["junction", lane.junction], ...exits]) {
    const code = faultOf(part, polygon);
    if (code) {
      faulty.add(part);
      say(code, part);
    }
  }
  if (line.length === 2 && !faulty.has("approach") && !faulty.has("junction")) found.push(...ofLine(lane));
  if (lane.direction) found.push(...ofDirection(lane.direction, lane, !faulty.has("approach")));
  return found;
}

function ofDirection({ arrow, length_m: length, least_kmh: speed }, { id, approach }, isLaneSound) {
  const found = ofTwoPoints(arrow, id, "direction");
  const say = (code) => found.push({ code, where: id, part: "direction" });
  if (!found.length && isLaneSound && arrow.some((place) => distance(place, approach) > NEAR_LANE)) say("arrow_outside_lane");
  if (!isBetween(length, LENGTHS_M)) say("no_length");
  if (!isBetween(speed === undefined ? 8 : speed, SPEEDS_KMH)) say("no_least_speed");
  return found;
}

function ofTwoPoints(line, where, part) {
  if (line.length < 2 || String(line[0]) === String(line[1])) return [{ code: "no_line", where, part }];
  return inPicture(line.flat()) ? [] : [{ code: "outside_picture", where, part }];
}

function ofZone(zone, signals) {
  const found = [];
  const code = faultOf("no_stop_zone", zone.area);
  if (code) found.push({ code, where: zone.id, part: "no_stop_zone" });
  if (!isBetween(zone.most_s, STOPS_S)) found.push({ code: "no_longest_stop", where: zone.id, part: "no_stop_zone" });
  const isKnown = !zone.signal || signals.some((signal) => signal.id === zone.signal);
  if (!isKnown) found.push({ code: "no_such_signal", where: zone.id, part: "" });
  return found;
}

function isBetween(value, [least, most]) {
  return typeof value === "number" && value >= least && value <= most;
}

function faultOf(part, polygon) {
  if (polygon.length < 3) return ["approach", "junction"].includes(part) ? `no_${part}` : "no_area";
  if (!inPicture(polygon.flat())) return "outside_picture";
  if (crossesItself(polygon)) return "crosses_itself";
  return area(polygon) < LEAST_AREA ? "no_area" : "";
}

function ofLine({ id, stop_line: [a, b], approach, junction }) {
  const along = Array.from({ length: 11 }, (_, i) => [0, 1].map((axis) => a[axis] + ((b[axis] - a[axis]) * i) / 10));
  const near = along.filter((place) => distance(place, approach) <= NEAR_LANE).length;
  if (near * 2 < along.length) return [{ code: "line_outside_lane", where: id, part: "stop_line" }];
  const sameSide = turn(a, b, centre(approach)) * turn(a, b, centre(junction)) >= 0;
  return sameSide && String(a) !== String(b) ? [{ code: "same_side", where: id, part: "junction" }] : [];
}
