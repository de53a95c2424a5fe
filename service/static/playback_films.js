// Plays a day's recorded files one after the other: two video elements take turns, so that no cut is seen.
// Where the browser cannot play the codec, stills stand in. Moments are milliseconds since 1970.

const STILL_WIDTH = 1280;
const FRAME_SLACK_S = 0.001;

export class Films {
  #videos;
  #still;
  #segments = [];
  #current = -1;
  #wanted = null;
  #speed = 1;
  #playing = false;
  #stillUrl;
  #stillMode = false;
  #shown = new Map();

  constructor(stage, { stillUrl, onTime, onState, onTrouble, onSegment }) {
    this.#videos = [...stage.querySelectorAll("video")];
    this.#still = stage.querySelector("img");
    this.#stillUrl = stillUrl;
    Object.assign(this, { onTime, onState, onTrouble, onSegment, moment: null });
    for (const video of this.#videos) {
      video.addEventListener("ended", () => video === this.#front && this.#goOn());
      video.addEventListener("error", () => video === this.#front && video.src && this.#skipBroken());
      video.addEventListener("seeked", () => this.#arrived(video));
      video.addEventListener("loadeddata", () => video === this.#front && this.#settle());
      this.#watch(video);
    }
    this.#still.addEventListener("load", () => this.#stillShown());
    this.#still.addEventListener("error", () => this.#stillShown());
  }

  setSegments(segments) {
    this.#segments = segments;
    const codecs = [...new Set(segments.map((segment) => segment.mime))];
    const cannot = codecs.filter((mime) => !this.#videos[0].canPlayType(`video/mp4; codecs="${mime}"`));
    this.#stillMode = cannot.length > 0;
    return !this.#stillMode;
  }

  get isPlaying() {
    return this.#playing;
  }

  get frameMs() {
    return 1000 / (this.#segments[this.#current]?.fps || 25);
  }

  // The element that shows the picture, for drawing it small and for placing the box.
  get picture() {
    return this.#stillMode ? this.#still : this.#front;
  }

  get size() {
    const segment = this.#segments[this.#current];
    return segment ? [segment.width, segment.height] : [16, 9];
  }

  // Where the recorder's clock was set back, two files show the same moment: the one that plays is stayed in.
  seek(moment) {
    const now = this.#segments[this.#current];
    const isHere = now && moment >= now.start && moment < now.end;
    return this.#enter(isHere ? this.#current : this.#placeOf(moment), moment);
  }

  #enter(place, moment) {
    if (place < 0) return false;
    const segment = this.#segments[place];
    this.#wanted = Math.min(Math.max(moment, segment.start), segment.end - 1);
    if (this.#stillMode) this.#showStill(place);
    else if (place === this.#current && this.#front.readyState > 0) this.#settle();
    else this.#load(place);
    return true;
  }

  #turn(place) {
    if (place === this.#current) return;
    this.#current = place;
    this.onSegment(this.#segments[place]);
  }

  step(frames) {
    this.pause();
    if (this.moment === null) return;
    const target = this.moment + frames * this.frameMs;
    const [before, segment, after] = [-1, 0, 1].map((beside) => this.#segments[this.#current + beside]);
    if (segment && after && target >= segment.end - 1) this.#enter(this.#current + 1, after.start);
    else if (segment && before && target < segment.start - 1) this.#enter(this.#current - 1, before.end - this.frameMs / 2);
    else this.seek(target + 1);
  }

  play() {
    if (this.#current < 0) return;
    this.#playing = true;
    if (this.#stillMode) this.#nextStill();
    else this.#start();
    this.onState();
  }

  pause() {
    this.#playing = false;
    this.#front.pause();
    this.onState();
  }

  set speed(value) {
    this.#speed = value;
    for (const video of this.#videos) video.playbackRate = value;
  }

  get #front() {
    return this.#videos.find((video) => !video.hidden) ?? this.#videos[0];
  }

  #placeOf(moment) {
    const inside = this.#segments.findIndex((segment) => moment < segment.end && moment >= segment.start - 1);
    if (inside >= 0) return inside;
    const later = this.#segments.filter((segment) => segment.start > moment).map((segment) => segment.start);
    const after = this.#segments.findIndex((segment) => segment.start === Math.min(...later));
    return after >= 0 ? after : this.#segments.length - 1;
  }

  #load(place) {
    this.#turn(place);
    this.#front.src = this.#segments[place].url;
    this.#front.playbackRate = this.#speed;
    this.#preload();
  }

  #preload() {
    const back = this.#videos.find((video) => video !== this.#front);
    const next = this.#segments[this.#current + 1];
    if (next && back.dataset.url !== next.url) {
      back.dataset.url = next.url;
      back.src = next.url;
      back.playbackRate = this.#speed;
    }
  }

  #settle() {
    const segment = this.#segments[this.#current];
    if (this.#wanted !== null && segment) {
      this.#front.currentTime = (this.#wanted - segment.start) / 1000 + FRAME_SLACK_S;
      this.#wanted = null;
    }
    if (this.#playing) this.#start();
  }

  #start() {
    this.#front.playbackRate = this.#speed;
    this.#front.play().catch(() => {});
  }

  #goOn() {
    const next = this.#segments[this.#current + 1];
    if (!next) return this.pause();
    const [front, back] = [this.#front, this.#videos.find((video) => video !== this.#front)];
    this.#turn(this.#current + 1);
    if (back.dataset.url === next.url && back.readyState > 1) {
      back.hidden = false;
      front.hidden = true;
      front.removeAttribute("data-url");
      back.removeAttribute("aria-hidden");
      front.setAttribute("aria-hidden", "true");
      if (this.#playing) this.#start();
      this.#preload();
    } else {
      this.#wanted = next.start;
      this.#load(this.#current);
    }
    return undefined;
  }

  #skipBroken() {
    this.onTrouble();
    const next = this.#segments[this.#current + 1];
    if (next) this.#enter(this.#current + 1, next.start);
    else this.pause();
  }

  #watch(video) {
    video.requestVideoFrameCallback((_now, frame) => {
      this.#shown.set(video, frame.mediaTime);
      if (!video.seeking) this.#tell(video, frame.mediaTime);
      this.#watch(video);
    });
  }

  // A file's first frame is shown before the one that is sought: only the sought one counts.
  #arrived(video) {
    const shown = this.#shown.get(video);
    if (shown !== undefined && Math.abs(shown - video.currentTime) < (1.5 * this.frameMs) / 1000) this.#tell(video, shown);
  }

  #tell(video, mediaTime) {
    const segment = this.#segments[this.#current];
    if (video !== this.#front || !segment || this.#wanted !== null) return;
    this.moment = segment.start + mediaTime * 1000;
    this.onTime(this.moment);
  }

  #showStill(place) {
    this.#turn(place);
    const address = this.#stillUrl(this.#wanted, STILL_WIDTH);
    this.#still.hidden = false;
    for (const video of this.#videos) video.hidden = true;
    if (this.#still.getAttribute("src") === address) this.#stillShown();
    else this.#still.src = address;
  }

  #stillShown() {
    if (this.#wanted === null) return;
    this.moment = this.#wanted;
    this.#wanted = null;
    this.onTime(this.moment);
    if (this.#playing) setTimeout(() => this.#nextStill(), 250);
  }

  #nextStill() {
    if (!this.#playing || this.moment === null || this.#wanted !== null) return;
    const [target, after] = [this.moment + 1000 * this.#speed, this.#segments[this.#current + 1]];
    if (after && target >= this.#segments[this.#current].end) this.#enter(this.#current + 1, after.start);
    else this.seek(target);
  }
}
