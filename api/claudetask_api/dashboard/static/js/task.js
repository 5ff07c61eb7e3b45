/** One task, over whatever page is open; it follows everybody's changes. */

import { get, remove } from "./api.js";
import { Analysis } from "./analysis.js";
import { person, priority, statusPill } from "./card.js";
import { h, icon, put } from "./dom.js";
import { on } from "./live.js";
import { render } from "./markdown.js";
import { moveMenu } from "./move.js";
import { setParams } from "./router.js";
import { isHeld, store, watch } from "./store.js";
import { Branch } from "./task_branch.js";
import { Criteria } from "./task_criteria.js";
import { History } from "./task_history.js";
import { Links } from "./task_links.js";
import { Notes } from "./task_notes.js";
import { editTask } from "./task_form.js";
import { ago, busy, confirm, debounce, dialog, fail, guarded, refocus, toast } from "./ui.js";

const GATHER = 80;

let shown = null;

/** Opens a task, or closes the one that is open. */
export function showTask(id) {
  if (shown?.id === id) return;
  const former = shown;
  shown = null;
  former?.close();
  if (id === null) return;
  shown = new TaskView(id);
  shown.open();
}

class TaskView {
  constructor(id) {
    this.id = id;
    this.task = null;
    this.top = h("div", { class: "task-top" });
    // These stay the same elements: a dialog that was opened by one gives the focus back to it.
    const button = (props, act, ...children) => h("button", { type: "button", data: { needs: "write" }, on: { click: guarded(act) }, ...props }, ...children);
    this.mover = button({ class: "move-button" }, () => this.move());
    this.editor = button({}, () => editTask(this.task), "Edit");
    this.deleter = button({ class: "quiet danger-text" }, () => this.delete(), "Delete");
    this.texts = h("section", { class: "part", "aria-label": "Description" });
    this.criteria = new Criteria(this);
    this.notes = new Notes(this);
    this.analysis = new Analysis(this);
    this.links = new Links(this);
    this.branch = new Branch(this);
    this.history = new History(this);
    this.stops = [
      on("task", (event) => Number(event.id) === id && this.soon()),
      on("connected", () => this.soon()),
      watch(() => this.task && this.links.show()),
    ];
    this.soon = debounce(() => this.read().catch((error) => this.unread(error)), GATHER);
  }

  open() {
    dialog(`Task #${this.id}`, (close, box, heading) => {
      this.close = close;
      this.heading = heading;
      this.body = h("div", { class: "task" });
      busy(this.body);
      return this.body;
    }, { wide: true, kind: "task-dialog" }).then(() => this.closed());
    this.read().catch((error) => this.unread(error));
  }

  /** A task that was deleted stays in sight: something may have been typed for it. */
  unread(error) {
    if (error.code !== "task_not_found") fail(error);
    else if (this.task === null) put(this.body, h("p", { class: "empty" }, `There is no task #${this.id}. It may have been deleted.`));
    else if (shown === this) {
      put(this.top, h("p", { class: "problem warning", role: "alert" }, `#${this.id} was deleted. Nothing can be added to it any more; what you typed is still here.`));
      for (const button of this.body.querySelectorAll("[data-needs=write]")) button.disabled = true;
      refocus();
    }
  }

  closed() {
    for (const stop of this.stops) stop();
    this.analysis.close();
    if (shown !== this) return;
    shown = null;
    setParams({ task: null });
    document.querySelector(`.slot[data-id="${this.id}"] .card`)?.focus();
    refocus();
  }

  /** Reads the task and shows what is new of it. */
  async read() {
    const task = await get(`/api/tasks/${this.id}`);
    if (task.version < this.task?.version) return; // an answer that another overtook
    const first = this.task === null;
    const former = this.task;
    this.task = task;
    if (first) this.frame();
    put(this.heading, h("span", { class: "number" }, `#${task.id} `), task.title);
    this.drawTop();
    if (first || former.description !== task.description) await this.drawDescription();
    this.criteria.show();
    this.analysis.show();
    this.links.show();
    await Promise.all([
      first || former.notes_count !== task.notes_count ? this.notes.show() : null,
      first || former.version !== task.version ? this.history.show() : null,
      first || former.version !== task.version ? this.branch.show() : null,
      first || former.title !== task.title ? this.links.showSimilar() : null,
    ]);
  }

  frame() {
    put(this.body,
      this.top,
      h("div", { class: "task-columns" },
        h("div", { class: "task-main" }, this.texts, this.criteria.element, this.analysis.element, this.notes.element),
        h("div", { class: "task-side" }, this.links.element, this.branch.element, this.history.element)));
  }

  drawTop() {
    const task = this.task;
    const focused = this.top.contains(document.activeElement) ? document.activeElement : null;
    put(this.mover, statusPill(task.status), h("span", { class: "hint" }, "Move"));
    put(this.top, this.mover, priority(task.priority),
      h("span", { class: `kind kind-${task.type.toLowerCase()}` }, icon(task.type === "Bug" ? "bug" : "feature"), task.type),
      isHeld(task) ? person(task.claimed_by, { full: true }) : null,
      h("span", { class: "hint" }, "changed ", ago(task.updated_at)),
      h("span", { class: "grow" }),
      this.editor, this.deleter);
    focused?.focus();
  }

  move() {
    const card = store.cards.get(this.id);
    if (card) moveMenu(card, this.mover, () => this.soon());
  }

  async drawDescription() {
    const [text] = await render([this.task.description]);
    put(this.texts, this.task.description ? text : h("p", { class: "hint" }, "No description."));
  }

  async delete() {
    const held = isHeld(this.task) ? ` It is claimed by ${this.task.claimed_by}, who may be at work on it.` : "";
    const sure = await confirm(`Delete #${this.id}?`, `“${this.task.title}” goes for good. Its history stays.${held}`, "Delete");
    if (!sure) return;
    await remove(`/api/tasks/${this.id}`, this.task.version);
    this.close();
    toast(`#${this.id} was deleted.`, "good");
  }

  /** Takes over a task that a write answered. */
  took() {
    return this.read();
  }
}
