/** The acceptance criteria: each is met by evidence. */

import { write } from "./api.js";
import { h, icon, put } from "./dom.js";
import { part } from "./part.js";
import { confirm, fail, guarded } from "./ui.js";

export class Criteria {
  constructor(view) {
    this.view = view;
    this.count = h("span", { class: "hint" });
    this.list = h("ul", { class: "criteria" });
    this.element = part(["Acceptance criteria ", this.count], this.list);
    this.drawn = null;
  }

  show() {
    const criteria = this.view.task.acceptance_criteria;
    const text = JSON.stringify(criteria);
    if (text === this.drawn) return;
    this.drawn = text;
    put(this.count, criteria.length ? `${criteria.filter((one) => one.checked).length} of ${criteria.length} met` : "");
    put(this.list, criteria.length ? criteria.map((one) => this.item(one)) : h("li", { class: "hint" }, "None: this task can be Done without proof."));
  }

  item(one) {
    const button = h("button", {
      type: "button",
      class: "box",
      data: { needs: "write" },
      role: "checkbox",
      "aria-checked": String(one.checked),
      "aria-label": one.text,
      on: { click: guarded(() => (one.checked ? this.open(one) : this.ask(one, item))) },
    }, one.checked ? icon("check") : null);
    const item = h("li", { class: one.checked ? "met" : "" }, button,
      h("div", {}, h("p", {}, one.text), one.evidence ? h("p", { class: "evidence" }, one.evidence) : null));
    return item;
  }

  /** Asks what shows that it is met. */
  ask(one, item) {
    item.querySelector("form")?.remove();
    const box = h("input", { type: "text", required: true, maxlength: 4000, placeholder: "What shows it? A test, a commit, a screenshot…", "aria-label": `Evidence for: ${one.text}` });
    const form = h("form", { class: "inline-form", on: {
      submit: (event) => {
        event.preventDefault();
        this.send({ check: { [one.id]: box.value.trim() } }).catch(fail);
      },
      keydown: (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        form.remove();
        item.querySelector("button").focus();
      },
    } }, box, h("button", { type: "submit", class: "primary" }, "Met"));
    item.lastElementChild.append(form);
    box.focus();
  }

  async open(one) {
    if (!(await confirm("Open this criterion again?", "Its evidence is taken away; the history keeps it.", "Open again"))) return;
    const criteria = this.view.task.acceptance_criteria.map((other) =>
      other.id === one.id ? { id: other.id, text: other.text, checked: false } : other);
    await this.send({ acceptance_criteria: criteria });
  }

  async send(change) {
    await write(`/api/tasks/${this.view.id}`, change, change.check ? undefined : this.view.task.version);
    await this.view.took();
  }
}
