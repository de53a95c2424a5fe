// The marks of one clip and their saving. Signal spans are kept as changes: a colour from a moment to the next change.

const STEPS_BACK = 200;
const REFUSALS = { 409: "opened elsewhere", 412: "file changed", 507: "cannot write" };

export class Marks {
  constructor(clip, onState) {
    this.length = clip.length;
    this.signals = clip.signals;
    this.revision = clip.revision;
    this.onState = onState;
    this.changes = clip.signal.map((span) => ({ ...span, what: "signal", at: span.from_s }));
    this.crossings = clip.crossings.map((row) => ({ ...row, what: "crossing", at: row.cross_s }));
    this.past = [];
    this.waiting = false;
    this.busy = false;
  }

  all() {
    return [...this.changes, ...this.crossings].sort((a, b) => (a.at ?? 0) - (b.at ?? 0) || (a.what < b.what ? 1 : -1));
  }

  left() {
    return this.all().filter((mark) => mark.confirmed === false).length;
  }

  colourAt(signal, at) {
    const before = this.changes.filter((change) => change.signal === signal && change.at <= at + 1e-4);
    return before.sort((a, b) => a.at - b.at).at(-1)?.colour ?? "unknown";
  }

  // Every change of a mark goes through here: it can be taken back, and it is saved.
  change(work) {
    this.past.push(JSON.stringify([this.changes, this.crossings]));
    if (this.past.length > STEPS_BACK) this.past.shift();
    const chosen = work();
    this.save();
    return chosen;
  }

  undo() {
    const before = this.past.pop();
    if (!before) return false;
    [this.changes, this.crossings] = JSON.parse(before);
    this.save();
    return true;
  }

  turn(signal, colour, at) {
    return this.change(() => {
      this.changes = this.changes.filter((change) => change.signal !== signal || Math.abs(change.at - at) > 1e-4);
      const change = { what: "signal", signal, colour, at, from_s: at, to_s: at, confirmed: true };
      this.changes.push(change);
      return change;
    });
  }

  add(at, box, verdict) {
    return this.change(() => {
      const id = Math.max(0, ...this.crossings.map((row) => row.id)) + 1;
      const row = { what: "crossing", id, class: null, at, cross_s: at, box, verdict, plate: null, sure: false, confirmed: false, by_person: true };
      this.crossings.push(row);
      return row;
    });
  }

  remove(mark) {
    this.change(() => {
      this.changes = this.changes.filter((one) => one !== mark);
      this.crossings = this.crossings.filter((one) => one !== mark);
    });
  }

  rows() {
    const signal = [];
    for (const name of new Set([...this.signals, ...this.changes.map((change) => change.signal)])) {
      const own = this.changes.filter((change) => change.signal === name).sort((a, b) => a.at - b.at);
      own.forEach((change, place) => {
        const { what, at, ...kept } = change;
        signal.push({ ...kept, from_s: at, to_s: own[place + 1]?.at ?? this.length });
      });
    }
    const crossings = this.crossings.map(({ what, at, ...kept }) => ({ ...kept, cross_s: at }));
    return { signal, crossings: crossings.sort((a, b) => (a.cross_s ?? 0) - (b.cross_s ?? 0)) };
  }

  // One save at a time, the newest marks last; what failed is tried again with the next change or after a pause.
  async save() {
    if (this.busy) {
      this.waiting = true;
      return;
    }
    this.busy = true;
    this.onState("saving");
    try {
      do {
        this.waiting = false;
        await this.put();
      } while (this.waiting);
      this.onState("saved");
    } catch (fault) {
      if (REFUSALS[fault.status]) this.onState(REFUSALS[fault.status]);
      else this.onState("not saved", fault.detail);
      if (!fault.status || fault.status >= 500) setTimeout(() => this.save(), 2000);
    } finally {
      this.busy = false;
    }
  }

  async put() {
    const answer = await fetch("/marks", {
      method: "PUT",
      headers: { "Content-Type": "application/json", "X-Ngatu-Truth": "1" },
      body: JSON.stringify({ revision: this.revision, ...this.rows() }),
    });
    if (!answer.ok) {
      const said = await answer.json().catch(() => ({}));
      throw { status: answer.status, detail: said.detail };
    }
    this.revision = (await answer.json()).revision;
  }
}
