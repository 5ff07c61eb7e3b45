/** What happened to a task, newest first. */

import { get } from "./api.js";
import { h, put } from "./dom.js";
import { part } from "./part.js";
import { ago } from "./ui.js";

const FIRST = 12;
const SHOWN = 80;

export class History {
  constructor(view) {
    this.view = view;
    this.list = h("ol", { class: "timeline" });
    this.more = h("button", { type: "button", class: "quiet", hidden: true, on: { click: () => this.all() } });
    this.element = part("History", this.list, this.more);
    this.whole = false;
  }

  async show() {
    this.entries = (await get(`/api/tasks/${this.view.id}/history`)).filter(telling).reverse();
    this.draw();
  }

  all() {
    this.whole = true;
    this.draw();
    this.list.querySelectorAll("li")[FIRST]?.focus();
  }

  draw() {
    const shown = this.whole ? this.entries : this.entries.slice(0, FIRST);
    put(this.list, shown.map((entry) => h("li", { tabindex: "-1", data: { action: entry.action } },
      h("p", {}, h("strong", {}, entry.actor), " ", told(entry)),
      entry.reason ? h("p", { class: "reason" }, `“${entry.reason}”`) : null,
      h("p", { class: "hint" }, ago(entry.at)))));
    this.more.hidden = shown.length === this.entries.length;
    put(this.more, `${this.entries.length - shown.length} older changes`);
  }
}

/** A change as a sentence without the person; `named` is how the task is called in it. */
export function told(entry, named = null) {
  const subject = named ?? "it";
  const of = (word) => (named ? [` ${word} `, named] : null);
  const value = (text) => h("span", { class: "value" }, short(text));
  switch (entry.action) {
    case "created":
      return ["created ", subject];
    case "deleted":
      return ["deleted ", subject];
    case "moved":
      return ["moved ", subject, " from ", value(entry.old), " to ", value(entry.new)];
    case "forced":
      return entry.field === "status" ? ["forced ", subject, " from ", value(entry.old), " to ", value(entry.new)] : ["forced ", words(entry.field), of("of")];
    case "claimed":
      return ["claimed ", subject];
    case "taken_over":
      return ["took ", subject, " over from ", value(entry.old)];
    case "released":
      return ["gave ", subject, " back"];
    case "noted":
      return ["added a note", of("to")];
    default:
      return plain(entry.new) ? ["set ", words(entry.field), of("of"), " to ", value(entry.new)] : ["changed ", words(entry.field), of("of")];
  }
}

/** Whether a change says anything that another does not: the end of a task is its move to Done. */
export const telling = (entry) => entry.field !== "completed_at";

const plain = (value) => ["string", "number", "boolean"].includes(typeof value);
const words = (field) => (field ?? "it").replaceAll("_", " ");

function short(value) {
  const text = value === null || value === undefined ? "nothing" : plain(value) ? String(value) : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
