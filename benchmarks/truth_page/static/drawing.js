// Draws what is known: boxes over the picture, the strip of time, the list of marks, the vehicle enlarged.

const SVG = "http://www.w3.org/2000/svg";
const NEAR_S = 0.7;

function shape(parent, name, values, css) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  made.setAttribute("class", css);
  parent.append(made);
  return made;
}

export function boxesOver(svg, clip, marks, { at, chosen, drawn, shaped }) {
  svg.replaceChildren();
  for (const [[x1, y1], [x2, y2]] of clip.lines) shape(svg, "line", { x1, y1, x2, y2 }, "line");
  for (const row of marks.crossings) {
    if (!row.box || (row !== chosen && Math.abs((row.at ?? -99) - at) > NEAR_S)) continue;
    const [x, y, width, height] = row.box;
    const state = `${row.confirmed ? "" : "proposed"} ${row === chosen ? "chosen" : ""} ${row === chosen && shaped ? "shaped" : ""}`;
    shape(svg, "rect", { x, y, width, height }, `box ${state}`);
  }
  if (drawn) shape(svg, "rect", { x: drawn[0], y: drawn[1], width: drawn[2], height: drawn[3] }, "box chosen shaped");
}

export function strip(svg, clip, marks, { at, chosen }) {
  svg.replaceChildren();
  const share = (moment) => `${(100 * moment) / clip.length}%`;
  const { signal } = marks.rows();
  const high = 22 / Math.max(1, clip.signals.length);
  for (const span of signal) {
    const y = 2 + high * Math.max(0, clip.signals.indexOf(span.signal));
    const width = `${(100 * Math.max(0, span.to_s - span.from_s)) / clip.length}%`;
    shape(svg, "rect", { x: share(span.from_s), y, width, height: high - 1 }, `span lamp-${span.colour} ${span.confirmed === false ? "proposed" : ""}`);
  }
  for (const row of marks.crossings) {
    if (row.at === null) continue;
    const css = `mark ${row.confirmed === false ? "proposed" : ""} ${row === chosen ? "chosen" : ""}`;
    shape(svg, "line", { x1: share(row.at), x2: share(row.at), y1: 26, y2: 44 }, css);
  }
  shape(svg, "line", { x1: share(at), x2: share(at), y1: 0, y2: 46 }, "now");
}

export function list(ol, marks, chosen, texts, choose) {
  ol.replaceChildren();
  for (const mark of marks.all()) {
    const button = document.createElement("button");
    const at = part("span", mark.at === null ? "–" : `${mark.at.toFixed(2)} s`, "at");
    const dot = part("i", "", mark.what === "signal" ? `dot ${mark.colour}` : "");
    const said = mark.what === "signal" ? `${mark.signal}: ${texts[mark.colour]}` : [texts[mark.class] ?? texts["no class"], texts[mark.verdict], mark.plate].filter(Boolean).join(" · ");
    const state = mark.confirmed === false ? (mark.by_person ? "own" : "proposed") : mark.what === "signal" || mark.sure ? "sure" : "not sure";
    const chip = part("span", texts[state], `chip ${state === "sure" ? "good" : ["proposed", "own"].includes(state) ? "warn" : ""}`);
    button.append(at, dot, part("span", said, ""), chip);
    button.dataset.what = mark.what;
    button.dataset.state = state;
    if (mark === chosen) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => choose(mark));
    const item = document.createElement("li");
    item.append(button);
    ol.append(item);
    if (mark === chosen) keepInSight(ol, item);
  }
}

// The list scrolls, the page stays: the picture must not move under the eye.
function keepInSight(ol, item) {
  const above = item.offsetTop - ol.offsetTop;
  if (above < ol.scrollTop) ol.scrollTop = above;
  else if (above + item.offsetHeight > ol.scrollTop + ol.clientHeight) ol.scrollTop = above + item.offsetHeight - ol.clientHeight;
}

function part(name, text, css) {
  const made = document.createElement(name);
  made.textContent = text;
  if (css) made.className = css;
  return made;
}

// The vehicle of a crossing, or the lamps of a signal, cut out of the picture that is shown.
export function enlarged(canvas, image, clip, mark) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const box = mark?.what === "crossing" ? mark.box : lampsOf(clip.lamps[mark?.signal]);
  if (!box || !image.naturalWidth) return;
  const [x, y, width, height] = box;
  const [w, h] = [width * 1.2 * image.naturalWidth, height * 1.2 * image.naturalHeight];
  const scale = Math.min(canvas.width / w, canvas.height / h, 8);
  const [left, top] = [(x - 0.1 * width) * image.naturalWidth, (y - 0.1 * height) * image.naturalHeight];
  pen.drawImage(image, left, top, w, h, (canvas.width - w * scale) / 2, (canvas.height - h * scale) / 2, w * scale, h * scale);
}

function lampsOf(lamps) {
  if (!lamps) return null;
  const boxes = Object.values(lamps);
  const [left, top] = [Math.min(...boxes.map((b) => b[0])), Math.min(...boxes.map((b) => b[1]))];
  return [left, top, Math.max(...boxes.map((b) => b[2])) - left, Math.max(...boxes.map((b) => b[3])) - top];
}
