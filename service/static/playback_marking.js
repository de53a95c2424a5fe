// Marks a violation: five moments, a box drawn around the vehicle, its plate. The recorder makes the packet.

import { onKeys } from "./keys.js";
import { fetched, say } from "./playback_asking.js";

const MOMENTS = ["in", "before", "crossing", "junction", "out"];
const LEAST_SHARE = 0.01;
const FOLLOW_MS = 1000;

export class Marking {
  #moments = {};
  #box = null;
  #drawing = null;

  constructor(page, films, { stage, form, onMarked, momentText }) {
    Object.assign(this, { page, films, stage, form, onMarked, momentText });
    this.rect = stage.querySelector("rect");
    this.handle = stage.querySelector("#stage-handle");
    for (const button of form.querySelectorAll("[data-moment]")) {
      button.addEventListener("click", () => this.#set(button.dataset.moment));
    }
    form.addEventListener("submit", (event) => this.#submit(event));
    form.addEventListener("reset", () => this.#clear());
    form.querySelector("#use-plate").addEventListener("click", () => this.#usePlate());
    this.#listenForBox();
    onKeys((key) => key === "Escape" && this.#stopDrawing());
    new ResizeObserver(() => this.#showBox()).observe(stage);
  }

  // The box belongs to the frame of the act: on others it is not shown.
  show(moment) {
    this.here = moment;
    this.#showBox();
  }

  #set(name) {
    if (this.films.moment === null) return;
    this.films.pause();
    this.#moments[name] = this.films.moment;
    const button = this.form.querySelector(`[data-moment="${name}"]`);
    button.classList.add("is-set");
    button.querySelector("output").textContent = this.momentText(this.films.moment);
    const small = button.querySelector("canvas");
    small.getContext("2d").drawImage(this.films.picture, 0, 0, small.width, small.height);
    if (name === "crossing") {
      this.#box = null;
      this.#hideSuggestion();
      this.stage.classList.add("draws");
    }
    this.#showBox();
  }

  #stopDrawing() {
    const drew = this.stage.classList.contains("draws");
    this.stage.classList.remove("draws");
    return drew;
  }

  // Where the picture itself lies in the stage: it is fitted in, with bars beside it.
  #frame() {
    const edge = this.stage.getBoundingClientRect();
    const [width, height] = this.films.size;
    const scale = Math.min(edge.width / width, edge.height / height);
    return {
      left: (edge.width - width * scale) / 2, top: (edge.height - height * scale) / 2,
      width: width * scale, height: height * scale, x: edge.left, y: edge.top,
    };
  }

  #place(event) {
    const frame = this.#frame();
    const within = (share) => Math.min(Math.max(share, 0), 1);
    return [within((event.clientX - frame.x - frame.left) / frame.width), within((event.clientY - frame.y - frame.top) / frame.height)];
  }

  #listenForBox() {
    this.stage.addEventListener("pointerdown", (event) => {
      if (!this.stage.classList.contains("draws") || event.target === this.handle) return;
      this.stage.setPointerCapture(event.pointerId);
      this.#drawing = this.#place(event);
    });
    this.stage.addEventListener("pointermove", (event) => {
      if (!this.#drawing) return;
      const [x, y] = this.#place(event);
      const [x0, y0] = this.#drawing;
      this.#box = [Math.min(x, x0), Math.min(y, y0), Math.abs(x - x0), Math.abs(y - y0)];
      this.#showBox();
    });
    this.stage.addEventListener("pointerup", () => {
      if (!this.#drawing) return;
      this.#drawing = null;
      if (this.#box && Math.min(this.#box[2], this.#box[3]) >= LEAST_SHARE) this.#boxDrawn();
    });
    this.handle.addEventListener("keydown", (event) => this.#moveByKey(event));
    // Without a pointer: Enter puts a box into the middle, arrows then move it.
    this.form.querySelector('[data-moment="crossing"]').addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || this.#box || !this.#moments.crossing) return;
      event.preventDefault();
      this.#box = [0.45, 0.45, 0.1, 0.1];
      this.#boxDrawn();
      this.handle.focus();
    });
  }

  #moveByKey(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || !this.#box) return;
    event.preventDefault();
    event.stopPropagation();
    const [left, top, width, height] = this.#box;
    const [dx, dy] = [way[0] * 0.005, way[1] * 0.005];
    this.#box = event.shiftKey
      ? [left, top, Math.max(LEAST_SHARE, width + dx), Math.max(LEAST_SHARE, height + dy)]
      : [Math.min(Math.max(left + dx, 0), 1 - width), Math.min(Math.max(top + dy, 0), 1 - height), width, height];
    this.#showBox();
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.#askPlate(), 600);
  }

  #boxDrawn() {
    this.#stopDrawing();
    this.#showBox();
    this.#askPlate();
  }

  #showBox() {
    const isHere = this.#box && Math.abs((this.here ?? 0) - this.#moments.crossing) < 1;
    this.rect.toggleAttribute("hidden", !isHere);
    this.handle.hidden = !isHere || this.#drawing !== null;
    if (!isHere) return;
    const frame = this.#frame();
    const [left, top, width, height] = this.#box;
    const placed = { x: frame.left + left * frame.width, y: frame.top + top * frame.height, width: width * frame.width, height: height * frame.height };
    for (const [name, value] of Object.entries(placed)) this.rect.setAttribute(name, value);
    this.handle.style.left = `${placed.x + placed.width}px`;
    this.handle.style.top = `${placed.y + placed.height}px`;
  }

  async #askPlate() {
    const [box, texts] = [this.#box, this.page.dataset];
    const asked = (this.asked = {});
    this.#suggest(texts.reading, "", null);
    const body = { at: new Date(this.#moments.crossing).toISOString(), box };
    const { ok, value } = await fetched(`/api/v1/recordings/${texts.camera}/plate`, body);
    if (asked !== this.asked) return;
    if (!ok) this.#hideSuggestion();
    else if (value.text) this.#suggest(texts.suggested, value.text, value.picture);
    else this.#suggest(texts.unread, "", value.picture);
  }

  #suggest(said, text, picture) {
    const place = this.form.querySelector("#suggestion");
    place.hidden = false;
    place.querySelector("[data-said]").textContent = said;
    place.querySelector("[data-text]").textContent = text;
    place.querySelector("#use-plate").hidden = !text;
    const image = place.querySelector("img");
    image.hidden = !picture;
    if (picture) image.src = picture;
  }

  #hideSuggestion() {
    this.form.querySelector("#suggestion").hidden = true;
  }

  #usePlate() {
    this.form.plate.value = this.form.querySelector("#suggestion [data-text]").textContent;
  }

  async #submit(event) {
    event.preventDefault();
    const texts = this.page.dataset;
    if (!this.#box || MOMENTS.some((name) => this.#moments[name] === undefined)) return say(texts.missingMoments);
    const body = { camera_id: texts.camera, box: this.#box.map((share) => Math.round(share * 1e4) / 1e4) };
    for (const name of MOMENTS) body[`${name}_at`] = new Date(this.#moments[name]).toISOString();
    for (const name of ["kind", "vehicle_class", "light", "note"]) body[name] = this.form[name].value;
    body.plate = this.form.plate.value.toUpperCase().replace(/[ .-]/g, "") || null;
    const button = this.form.querySelector("#submit-mark");
    button.disabled = true;
    await this.send({ path: "/api/v1/markings", body, label: this.form.kind.selectedOptions[0].textContent });
    button.disabled = false;
    return undefined;
  }

  // Also what was kept when a session had ended.
  async send({ path, body, label }) {
    const { ok, value } = await fetched(path, body, { label });
    if (!ok) return false;
    say(this.page.dataset.sent);
    this.form.reset();
    this.onMarked(value);
    return true;
  }

  #clear() {
    this.#moments = {};
    this.#box = null;
    this.asked = null;
    this.#stopDrawing();
    this.#hideSuggestion();
    this.#showBox();
    for (const button of this.form.querySelectorAll("[data-moment]")) {
      button.classList.remove("is-set");
      button.querySelector("output").textContent = "–";
      const small = button.querySelector("canvas");
      small.getContext("2d").clearRect(0, 0, small.width, small.height);
    }
  }
}

// The list of what was marked; each line follows its marking until it is a case or refused.
export class Marks {
  constructor(page, list, { momentText, onSeek }) {
    Object.assign(this, { page, list, momentText, onSeek });
    for (const line of list.children) if (["asked", "made"].includes(line.dataset.state)) this.#follow(line);
  }

  get moments() {
    return [...this.list.children].map((line) => Date.parse(line.dataset.at));
  }

  add(mark, kind) {
    const line = document.createElement("li");
    Object.assign(line.dataset, { mark: mark.mark_id, at: mark.crossing_at });
    const [what, said] = [document.createElement("span"), document.createElement("span")];
    what.textContent = `${this.momentText(Date.parse(mark.crossing_at))} · ${kind}`;
    said.dataset.said = "";
    line.append(what, " ", said);
    this.list.prepend(line);
    document.getElementById("no-marks").hidden = true;
    this.#show(line, mark);
    this.#follow(line);
  }

  #follow(line) {
    setTimeout(async () => {
      const { ok, value } = await fetched(`/api/v1/markings/${line.dataset.mark}`);
      if (ok) this.#show(line, value);
      if (!ok || ["asked", "made"].includes(value.state)) this.#follow(line);
    }, FOLLOW_MS);
  }

  #show(line, mark) {
    line.dataset.state = mark.state;
    const said = line.querySelector("[data-said]");
    const texts = this.page.dataset;
    if (mark.state === "case") {
      const link = document.createElement("a");
      link.href = `/cases/${mark.case_id}`;
      link.textContent = `${texts.case} ${mark.case_id}`;
      said.replaceChildren(link);
    } else {
      said.textContent = mark.problem ?? { asked: texts.stateAsked, made: texts.stateMade, refused: texts.stateRefused }[mark.state];
    }
  }
}
