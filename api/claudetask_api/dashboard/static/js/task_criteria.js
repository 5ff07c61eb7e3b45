/** The acceptance criteria: each is met by evidence. */

import { write } from "./api.js";
import { h, icon, put } from "./dom.js";
import { draft, drop, keep } from "./drafts.js";
import { insisting } from "./insist.js";
import { part } from "./part.js";
import { bounded, confirm, fail, guarded, refocus } from "./ui.js";

const LONGEST = 4000;

export class Criteria {
  constructor(view) {
    this.view = view;
    this.count = h("span", { class: "hint" });
    this.list = h("ul", { class: "criteria" });
    this.element = part(["Acceptance criteria ", this.count], this.list);
    this.drawn = null;
    this.forms = new Map(); // where evidence is being typed, by criterion; they outlive a redrawing
  }

  key(id) {
    return `evidence for ${id} of ${this.view.id}`;
  }

  show() {
    const criteria = this.view.task.acceptance_criteria;
    const text = JSON.stringify(criteria);
    if (text === this.drawn) return;
    this.drawn = text;
    put(this.count, criteria.length ? `${criteria.filter((one) => one.checked).length} of ${criteria.length} met` : "");
    const active = document.activeElement;
    const at = this.list.contains(active) ? active.closest("li").dataset.id : null;
    put(this.list, criteria.length ? criteria.map((one) => this.item(one)) : h("li", { class: "hint" }, "None: this task can be Done without proof."));
    for (const form of this.forms.values()) {
      if (!form.isConnected) this.list.append(h("li", {}, h("p", { class: "hint" }, "Somebody took this criterion away."), form));
    }
    if (active !== document.activeElement) refocus(this.list.contains(active) ? active : this.boxOf(at));
  }

  boxOf(id) {
    return this.list.querySelector(`li[data-id="${id}"] .box`);
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
    const item = h("li", { class: one.checked ? "met" : "", data: { id: one.id } }, button,
      h("div", {}, h("p", {}, one.text), one.evidence ? h("p", { class: "evidence" }, one.evidence) : null));
    if (this.forms.has(one.id) || draft(this.key(one.id)) !== null) item.lastElementChild.append(this.form(one));
    return item;
  }

  /** Asks what shows that it is met. */
  ask(one, item) {
    const form = this.form(one);
    item.lastElementChild.append(form);
    form.firstElementChild.focus();
  }

  form(one) {
    const key = this.key(one.id);
    if (this.forms.has(one.id)) return this.forms.get(one.id);
    const leave = () => {
      drop(key);
      this.forms.delete(one.id);
      form.remove();
    };
    const box = bounded(h("input", { type: "text", required: true, value: draft(key) ?? "", placeholder: "What shows it? A test, a commit, a screenshot…", "aria-label": `Evidence for: ${one.text}`, on: { input: () => keep(key, box.value) } }), { characters: LONGEST });
    const form = h("form", { class: "inline-form", on: {
      submit: (event) => {
        event.preventDefault();
        box.readOnly = true; // what is typed from now on would go with the box
        this.send(one, { check: { [one.id]: box.value.trim() } }, leave).catch(fail).finally(() => (box.readOnly = false));
      },
      keydown: (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        const item = form.closest("li");
        leave();
        item.querySelector("button")?.focus();
      },
    } }, box, h("button", { type: "submit", class: "primary" }, "Met"));
    this.forms.set(one.id, form);
    return form;
  }

  async open(one) {
    if (!(await confirm("Open this criterion again?", "Its evidence is taken away; the history keeps it.", "Open again"))) return;
    const criteria = this.view.task.acceptance_criteria.map((other) =>
      other.id === one.id ? { id: other.id, text: other.text, checked: false } : other);
    await this.send(one, { acceptance_criteria: criteria });
  }

  /** Sends what is new of a criterion, and leaves the focus at it. */
  async send(one, change, sent = () => {}) {
    const version = change.check ? undefined : this.view.task.version;
    const attempt = (reason) => write(`/api/tasks/${this.view.id}`, { ...change, force_reason: reason }, version);
    if (!(await insisting(attempt, "The criteria were not changed", "Change them anyway"))) return;
    sent();
    refocus(this.boxOf(one.id)); // now: until all is read whoever sent it may be elsewhere
    await this.view.took();
  }
}
