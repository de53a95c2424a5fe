// The two strips: the whole day and ten minutes of it. Height is movement, hatching is what was not recorded, a
// dashed line is where the recorder's clock was set.

const NEAR_MS = 600_000;
const HOUR_MS = 3_600_000;
const SET_S = 0.5;
const USUAL = 20;
const MOST = 100;

export const dayTime = (ms) => new Date(ms).toISOString().slice(11, 19);

export const isSetClock = (segment) => Math.abs(segment.clock_step_s) >= SET_S;

export class Strip {
  #canvas;
  #ground = document.createElement("canvas");
  #moment = null;

  constructor(element, { from, until, ticks, label, onSeek }) {
    Object.assign(this, { element, from, until, ticks, label });
    this.#canvas = element.querySelector("canvas");
    this.recording = { segments: [], gaps: [], marks: [], day: from };
    const seek = (event) => {
      const edge = this.#canvas.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - edge.left) / edge.width, 0), 1);
      onSeek(this.from + share * (this.until - this.from));
    };
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      seek(event);
    });
    element.addEventListener("pointermove", (event) => element.hasPointerCapture(event.pointerId) && seek(event));
    element.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
      if (!step || this.#moment === null) return;
      event.preventDefault();
      onSeek(this.#moment + (step * (this.until - this.from)) / 120);
    });
    new ResizeObserver(() => this.draw()).observe(element);
  }

  show(from, until) {
    if (from === this.from && until === this.until) return;
    Object.assign(this, { from, until });
    this.draw();
  }

  set moment(value) {
    this.#moment = value;
    this.element.setAttribute("aria-valuenow", String(Math.round((value - this.from) / 1000)));
    this.element.setAttribute("aria-valuetext", dayTime(value - this.recording.day));
    this.#point();
  }

  draw() {
    const width = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    const height = Math.round(this.#canvas.getAttribute("data-height") * devicePixelRatio);
    if (!width) return;
    for (const canvas of [this.#canvas, this.#ground]) Object.assign(canvas, { width, height });
    const pen = this.#ground.getContext("2d");
    const ink = inks(this.element);
    const x = (ms) => ((ms - this.from) / (this.until - this.from)) * width;
    const floor = height - 15 * devicePixelRatio;
    pen.fillStyle = ink.sunken;
    pen.fillRect(0, 0, width, floor);
    for (const gap of this.recording.gaps) hatch(pen, ink, x(gap.start), x(gap.end), floor);
    drawMotion(pen, ink, this, width, floor);
    for (const mark of this.recording.marks) {
      pen.fillStyle = ink.focus;
      pen.fillRect(x(mark) - 2, 0, 4 * devicePixelRatio, floor);
    }
    for (const segment of this.recording.segments.filter(isSetClock)) dashed(pen, ink, x(segment.start), floor);
    drawTicks(pen, ink, this, x, floor, height);
    this.#point();
  }

  #point() {
    const pen = this.#canvas.getContext("2d");
    pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    if (this.#ground.width) pen.drawImage(this.#ground, 0, 0);
    if (this.#moment === null) return;
    const place = ((this.#moment - this.from) / (this.until - this.from)) * this.#canvas.width;
    pen.fillStyle = inks(this.element).ink;
    pen.fillRect(place - devicePixelRatio, 0, 2 * devicePixelRatio, this.#canvas.height);
  }
}

export const nearWindow = (moment) => {
  const from = Math.floor(moment / NEAR_MS) * NEAR_MS;
  return [from, from + NEAR_MS];
};

// The next second from which on things move more than they usually do, after at least three calmer ones.
export function nextMovement(segments, after) {
  let calm = 0;
  for (const segment of segments) {
    if (segment.end <= after) continue;
    for (const [second, density] of segment.motion.entries()) {
      const at = segment.start + second * 1000;
      if (at <= after) continue;
      if (density >= USUAL * 1.5 && calm >= 3) return at;
      calm = density >= USUAL * 1.5 ? 0 : calm + 1;
    }
  }
  return null;
}

function drawMotion(pen, ink, strip, width, floor) {
  const columns = new Float32Array(width).fill(-1);
  const perMs = width / (strip.until - strip.from);
  for (const segment of strip.recording.segments) {
    if (segment.end < strip.from || segment.start > strip.until) continue;
    for (const [second, density] of segment.motion.entries()) {
      const first = Math.floor((segment.start + second * 1000 - strip.from) * perMs);
      const last = Math.max(first + 1, Math.ceil((segment.start + (second + 1) * 1000 - strip.from) * perMs));
      for (let column = Math.max(first, 0); column < Math.min(last, width); column += 1) {
        columns[column] = Math.max(columns[column], density);
      }
    }
  }
  columns.forEach((density, column) => {
    if (density < 0) return;
    pen.fillStyle = ink.soft;
    pen.fillRect(column, 0, 1, floor);
    const high = Math.max(1, Math.sqrt(density / MOST) * (floor - 2));
    pen.fillStyle = ink.accent;
    pen.fillRect(column, floor - high, 1, high);
  });
}

function drawTicks(pen, ink, strip, x, floor, height) {
  pen.font = `${11 * devicePixelRatio}px ${getComputedStyle(strip.element).fontFamily}`;
  pen.textBaseline = "bottom";
  for (let at = Math.ceil(strip.from / strip.ticks) * strip.ticks; at < strip.until; at += strip.ticks) {
    const place = x(at);
    pen.fillStyle = ink.edge;
    pen.fillRect(place, floor, devicePixelRatio, 4 * devicePixelRatio);
    pen.fillStyle = ink.faint;
    pen.fillText(strip.label(at - strip.recording.day), place + 3 * devicePixelRatio, height);
  }
}

function hatch(pen, ink, from, until, floor) {
  pen.save();
  pen.beginPath();
  pen.rect(from, 0, Math.max(1, until - from), floor);
  pen.clip();
  pen.strokeStyle = ink.bad;
  pen.lineWidth = devicePixelRatio;
  pen.globalAlpha = 0.55;
  pen.beginPath();
  const step = 8 * devicePixelRatio;
  for (let at = Math.max(from, 0) - floor; at < Math.min(until, pen.canvas.width); at += step) {
    pen.moveTo(at, floor);
    pen.lineTo(at + floor, 0);
  }
  pen.stroke();
  pen.restore();
}

function dashed(pen, ink, place, floor) {
  pen.save();
  pen.strokeStyle = ink.warn;
  pen.lineWidth = 3 * devicePixelRatio;
  pen.setLineDash([5 * devicePixelRatio, 3 * devicePixelRatio]);
  pen.beginPath();
  pen.moveTo(place, 0);
  pen.lineTo(place, floor);
  pen.stroke();
  pen.restore();
}

let known = null;

// Tokens are light-dark(): only the browser can say which colour it is.
function inks(element) {
  const theme = getComputedStyle(document.documentElement).colorScheme + document.documentElement.dataset.theme + matchMedia("(prefers-color-scheme: dark)").matches;
  if (known?.theme === theme) return known;
  const probe = element.appendChild(document.createElement("i"));
  const colour = (token) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  known = { theme, sunken: colour("sunken"), soft: colour("accent-soft"), accent: colour("accent"), focus: colour("focus"), ink: colour("ink"), edge: colour("edge"), faint: colour("faint"), bad: colour("bad"), warn: colour("warn") };
  probe.remove();
  return known;
}

export const hourLabel = (ms) => String(Math.floor(ms / HOUR_MS) % 24);
export const minuteLabel = (ms) => dayTime(ms).slice(0, 5);
