// Follows the growing end of a recording: bytes as they are written go into a MediaSource, nothing is recoded.
// A segment's own clock begins at 0; here 0 is the first picture of the first segment that was seen.

// Tablets of Apple know the second name only.
const MediaSourceHere = window.MediaSource ?? window.ManagedMediaSource;
const ASK_MS = 300;
const SLACK_S = 0.4;
const MOST_BEHIND_S = 1.5;
const KEPT_S = 20;
const USUAL_PIECE_S = 2;

export class LiveFilm {
  #base;
  #video;
  #told;
  #buffer = null;
  #source = null;
  #place = null;
  #firstMs = 0;
  #clockAheadMs = 0;
  #pieceS = USUAL_PIECE_S;
  #isOver = false;

  constructor(video, base, told) {
    this.#video = video;
    this.#base = base;
    this.#told = told;
    // A browser may say that it plays a codec and then find no decoder for it.
    video.addEventListener("error", () => this.#giveUp());
  }

  async follow() {
    while (!this.#isOver) {
      await this.#once();
      await new Promise((done) => setTimeout(done, ASK_MS));
    }
  }

  // How long ago the picture that is shown was taken, by the service's clock.
  get lagS() {
    return (Date.now() + this.#clockAheadMs - this.#firstMs) / 1000 - this.#video.currentTime;
  }

  get shownAt() {
    return this.#firstMs ? new Date(this.#firstMs + 1000 * this.#video.currentTime) : null;
  }

  #giveUp() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#told.cannot();
  }

  async #once() {
    const query = this.#place ? `?segment=${encodeURIComponent(this.#place.segment)}&offset=${this.#place.offset}` : "";
    const answer = await fetch(`${this.#base}/film${query}`).catch(() => null);
    if (answer === null) return this.#told.nothing("service");
    if (answer.status === 401) return location.reload();
    if (!answer.ok) return this.#told.nothing("service");
    if (answer.status === 204) return this.#told.nothing(answer.headers.get("X-Live-Feed"));
    const said = (name) => answer.headers.get(`X-Live-${name}`);
    const data = await answer.arrayBuffer();
    this.#clockAheadMs = Number(said("Now-Ms")) - Date.now();
    if (said("Begins") === "yes" && !(await this.#begin(said("Codec"), Number(said("Began-Ms"))))) return this.#giveUp();
    this.#place = { segment: said("Segment"), offset: said("Offset") };
    await this.#append(data);
    if (this.#isOver) return;
    this.#told.came();
  }

  async #begin(codec, beganMs) {
    const mime = `video/mp4; codecs="${codec}"`;
    if (!codec || !MediaSourceHere?.isTypeSupported(mime)) return false;
    if (!this.#buffer || this.#source.readyState !== "open") {
      await this.#open(mime);
      this.#firstMs = beganMs;
    } else {
      this.#buffer.abort();
      this.#buffer.changeType(mime);
    }
    // A hole of less than a blink between two segments would stop the film: they are put end to end.
    const should = (beganMs - this.#firstMs) / 1000;
    const end = this.#end();
    this.#buffer.timestampOffset = end !== null && Math.abs(should - end) < 0.5 ? end : should;
    return true;
  }

  async #open(mime) {
    this.#source = new MediaSourceHere();
    this.#video.src = URL.createObjectURL(this.#source);
    await new Promise((done) => this.#source.addEventListener("sourceopen", done, { once: true }));
    URL.revokeObjectURL(this.#video.src);
    this.#buffer = this.#source.addSourceBuffer(mime);
  }

  async #append(data) {
    if (this.#isOver || this.#video.error) return;
    const before = this.#end();
    this.#buffer.appendBuffer(data);
    await new Promise((done) => this.#buffer.addEventListener("updateend", done, { once: true }));
    const end = this.#end();
    if (end === null) return;
    if (before !== null && end > before) this.#pieceS = Math.min(5, Math.max(end - before, 0.8 * this.#pieceS));
    this.#keepUp(end);
    await this.#forget();
  }

  // What comes in pieces is shown one piece behind, so that it never stops; who fell further behind leaps.
  #keepUp(end) {
    const wanted = Math.max(this.#video.buffered.start(this.#video.buffered.length - 1), end - this.#pieceS - SLACK_S);
    if (this.#video.currentTime < wanted - MOST_BEHIND_S || this.#video.currentTime > end) this.#video.currentTime = wanted;
    if (this.#video.paused) this.#video.play().catch(() => {});
  }

  async #forget() {
    const begin = this.#video.buffered.start(0);
    if (this.#video.currentTime - begin < 2 * KEPT_S) return;
    this.#buffer.remove(begin, this.#video.currentTime - KEPT_S);
    await new Promise((done) => this.#buffer.addEventListener("updateend", done, { once: true }));
  }

  #end() {
    const { buffered } = this.#video;
    return buffered.length ? buffered.end(buffered.length - 1) : null;
  }
}
