/** What happens, newest first, as it happens. */

import { get } from "./api.js";
import { person } from "./card.js";
import { h, put } from "./dom.js";
import { on } from "./live.js";
import { withParams } from "./router.js";
import { telling, told } from "./task_history.js";
import { ago, debounce, empty, fail, guarded } from "./ui.js";

const PAGE = 50;
const GATHER = 150;
const ELSE = { agent: ["agent", (id) => `#/agents/${encodeURIComponent(id)}`], claude_md: ["", () => "#/claude-md"], project: ["the project's settings", () => "#/settings"], job: ["analysis job", () => "#/jobs"], index: ["the index", () => "#/search"] };

export function open(main) {
  const page = new Activity();
  put(main, h("h1", {}, "Activity"), h("p", { class: "hint" }, "Every change of every task, by people and agents, in every process that has the board open."), page.list, page.more);
  page.newest().catch(fail);
  const stops = [
    on("task", debounce(() => page.newest().catch(fail), GATHER)),
    on("connected", () => page.newest().catch(fail)),
    on("*", (event) => page.other(event)),
  ];
  return () => stops.forEach((stop) => stop());
}

class Activity {
  constructor() {
    this.list = h("ol", { class: "timeline activity", "aria-live": "polite", "aria-relevant": "additions" });
    this.more = h("button", { type: "button", hidden: true, on: { click: guarded(() => this.older()) } }, "Older");
    this.first = 0;
    this.last = null;
  }

  /** Adds what came since the newest that is shown. */
  async newest() {
    const found = await get("/api/activity", { limit: PAGE });
    const fresh = found.filter((one) => one.id > this.first);
    if (this.first && fresh.length === PAGE) return this.anew(found);
    if (!this.first) return this.anew(found);
    this.list.prepend(...fresh.filter(telling).map(entry));
    this.first = found[0]?.id ?? 0;
  }

  anew(found) {
    put(this.list, found.filter(telling).map(entry));
    if (!found.length) put(this.list, h("li", {}, empty("Nothing has happened yet", "Changes appear here by themselves.")));
    this.first = found[0]?.id ?? 0;
    this.last = found.at(-1)?.id ?? null;
    this.more.hidden = found.length < PAGE;
  }

  async older() {
    const found = await get("/api/activity", { limit: PAGE, before: this.last });
    this.list.append(...found.filter(telling).map(entry));
    this.last = found.at(-1)?.id ?? this.last;
    this.more.hidden = found.length < PAGE;
  }

  /** What happened to something that is no task is told as it comes. */
  other(event) {
    if (!ELSE[event.type]) return;
    const [what, to] = ELSE[event.type];
    const subject = ["agent", "job", "claude_md"].includes(event.type) ? `${what} ${event.id}`.trim() : what;
    this.list.prepend(line(event, [event.action.replaceAll("_", " "), " ", h("a", { href: to(event.id) }, subject)], null));
  }
}

function entry(one) {
  const subject = one.task_id === 0 ? h("a", { href: "#/settings" }, "the project's settings")
    : h("a", { href: withParams({ task: one.task_id }) }, h("span", { class: "number" }, `#${one.task_id} `), one.title ?? "a deleted task");
  return line(one, told(one, subject), one.reason);
}

function line(one, what, reason) {
  return h("li", { data: { action: one.action } }, person(one.actor), h("div", {},
    h("p", {}, h("strong", {}, one.actor), " ", what), reason ? h("p", { class: "reason" }, `“${reason}”`) : null), ago(one.at));
}
