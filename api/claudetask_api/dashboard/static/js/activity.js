/** What happened, newest first, and as it happens: changes of tasks, of agents, CLAUDE.md and jobs. */

import { may } from "./access.js";
import { get, signed } from "./api.js";
import { person } from "./card.js";
import { h, put } from "./dom.js";
import { on } from "./live.js";
import { withParams } from "./router.js";
import { telling, told } from "./task_history.js";
import { ago, debounce, empty, fail, field, guarded } from "./ui.js";

const PAGE = 50;
const GATHER = 150;
const WAIT = 300;
const ELSE = ["agent", "claude_md", "job"];
const LOOK = 10_000;
const ENDS = { queued: "was queued", running: "began", cancelled: "was cancelled", interrupted: "was interrupted" };

export function open(main) {
  const page = new Activity();
  put(main, h("h1", {}, "Activity"), h("p", { class: "hint" }, `Every change of tasks, agents${may("admin") ? ", tokens" : ""} and CLAUDE.md, by people and agents, in every process that has the board open${may("admin") ? ", and who was refused at the door" : ""}.`),
    h("div", { class: "activity-filter" }, field("Only by", page.by, signed.me?.signed_in ? "A token’s holder is named @ann; the agents acting for ann (@ann/builder) are shown too." : "The name of a person or an agent, as it stands below.")), page.list, page.more);
  page.newest().catch(fail);
  const again = debounce(() => page.newest().catch(fail), GATHER);
  const stops = [...["task", "project", ...ELSE].map((type) => on(type, again)), on("connected", again)];
  // What is refused at the door changes nothing, so nobody is told of it.
  const looking = may("admin") ? setInterval(again, LOOK) : null;
  return () => {
    clearInterval(looking);
    stops.forEach((stop) => stop());
  };
}

/** One of the records, read backwards; each numbers what it holds, and goes on after a place. */
class Source {
  constructor(path, number, line, query, place = number) {
    Object.assign(this, { path, number, line, query, place, waiting: [], first: 0, last: null, done: false });
  }

  /** What came since it was read last; null where that is more than a page. */
  async fresh() {
    const found = await get(this.path, { limit: PAGE, ...this.query });
    const fresh = found.filter((one) => this.number(one) > this.first);
    if (this.last === null) this.take(found);
    else if (fresh.length === PAGE) return null;
    this.first = found.length ? this.number(found[0]) : this.first;
    return fresh;
  }

  async fill() {
    if (this.waiting.length || this.done) return;
    this.take(await get(this.path, { limit: PAGE, before: this.last || null, ...this.query }));
  }

  take(found) {
    this.waiting = [...found];
    this.last = found.length ? this.place(found.at(-1)) : (this.last ?? 0);
    this.done = found.length < PAGE;
  }
}

class Activity {
  constructor() {
    this.list = h("ol", { class: "timeline activity", "aria-live": "polite", "aria-relevant": "additions" });
    this.more = h("button", { type: "button", hidden: true, on: { click: guarded(() => this.older()) } }, "Older");
    this.by = h("input", { type: "search", spellcheck: "false", maxlength: 200, on: { input: debounce(() => this.only().catch(fail), WAIT) } });
    this.shown = 0;
  }

  /** Shows what one actor did, or all. */
  only() {
    this.shown = 0;
    return this.newest();
  }

  anew() {
    const actor = this.by.value.trim();
    this.sources = [new Source("/api/activity", (one) => one.id, entry, { actor }), new Source("/api/events/past", (one) => one.seq, other, { actor })];
    if (may("admin")) this.sources.push(...["token", "access"].map((kind) => new Source("/api/audit", row, guarding, { actor, kind }, (one) => one.number)));
  }

  /** Adds what came since the newest that is shown; one reading at a time. */
  newest() {
    this.reading = (this.reading ?? Promise.resolve()).catch(() => {}).then(() => this.read());
    return this.reading;
  }

  async read() {
    if (!this.shown) this.anew();
    const fresh = await Promise.all(this.sources.map((source) => source.fresh()));
    if (fresh.includes(null)) {
      this.shown = 0;
      return this.read();
    }
    if (!this.shown) {
      put(this.list, []);
      return this.older();
    }
    const lines = fresh.flatMap((found, index) => found.map((one) => ({ at: one.at, one, line: this.sources[index].line })));
    lines.sort((a, b) => (a.at < b.at ? 1 : -1));
    this.list.prepend(...lines.filter(({ one }) => telling(one)).map(({ one, line }) => line(one)));
  }

  /** Adds a page, the newest of both records first. */
  async older() {
    const lines = [];
    while (lines.length < PAGE) {
      await Promise.all(this.sources.map((source) => source.fill()));
      const ready = this.sources.filter((source) => source.waiting.length);
      if (!ready.length) break;
      const next = ready.reduce((a, b) => (a.waiting[0].at < b.waiting[0].at ? b : a));
      const one = next.waiting.shift();
      this.shown += 1;
      if (telling(one)) lines.push(next.line(one));
    }
    this.list.append(...lines);
    if (!this.shown) put(this.list, h("li", {}, empty("Nothing has happened yet", "Changes appear here by themselves.")));
    this.more.hidden = this.sources.every((source) => source.done && !source.waiting.length);
  }
}

function entry(one) {
  const subject = one.task_id === 0 ? h("a", { href: "#/settings" }, "the project's settings")
    : h("a", { href: withParams({ task: one.task_id }) }, h("span", { class: "number" }, `#${one.task_id} `), one.title ?? "a deleted task");
  return line(one, told(one, subject), one.reason);
}

/** What happened to something that is no task. */
function other(event) {
  if (event.type === "job") {
    const whose = h("strong", {}, `${event.actor}’s`);
    return line(event, [h("a", { href: "#/jobs" }, "analysis"), ` ${ENDS[event.action] ?? event.action}`], null, whose);
  }
  const [name, to] = event.type === "agent" ? [`agent ${event.id}`, `#/agents/${encodeURIComponent(event.id)}`] : [event.id, "#/claude-md"];
  return line(event, [event.action.replaceAll("_", " "), " ", h("a", { href: to }, name)], null);
}

/** The number of an entry's row, the last part of where it stands. */
function row(one) {
  return Number(one.number.split("a")[1]);
}

/** What became of a token, or who was refused at the door. */
function guarding(one) {
  if (one.kind === "token") return line(one, [`${one.action} the token `, h("a", { href: "#/settings" }, `@${one.subject}`)], null);
  const what = one.action === "sign_in_refused" ? "was not let in at " : "lacks the scope for ";
  return line(one, [h("span", { class: "tag job-failed" }, "refused"), ` ${what}`, h("code", {}, one.subject)], one.reason);
}

function line(one, what, reason, who = h("strong", {}, one.actor)) {
  return h("li", { data: { action: one.action } }, person(one.actor), h("div", {},
    h("p", {}, who, " ", what), reason ? h("p", { class: "reason" }, `“${reason}”`) : null), ago(one.at));
}
