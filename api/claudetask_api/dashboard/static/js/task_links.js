/** What a task hangs together with: branch, dependencies, subtasks, files, tasks like it. */

import { get } from "./api.js";
import { statusPill } from "./card.js";
import { h, icon, put } from "./dom.js";
import { part } from "./part.js";
import { withParams } from "./router.js";
import { store } from "./store.js";
import { fileLink } from "./task_branch.js";
import { ago } from "./ui.js";

const SIMILAR = 5;
const AT_LEAST = 0.15;

export class Links {
  constructor(view) {
    this.view = view;
    this.facts = h("dl", { class: "facts" });
    this.similar = h("ul", { class: "task-list" });
    this.likeness = part("Similar tasks", this.similar);
    this.element = h("div", {}, part("Details", this.facts), this.likeness);
    this.drawn = null;
  }

  show() {
    const task = this.view.task;
    const cards = [...store.cards.values()];
    const blocks = cards.filter((card) => card.depends_on.includes(task.id)).map((card) => card.id);
    const parts = cards.filter((card) => card.parent_id === task.id).map((card) => card.id);
    const ids = [...task.depends_on, ...blocks, ...parts, task.parent_id];
    const key = JSON.stringify([task, blocks, parts, ids.map((id) => store.cards.get(id))]);
    if (key === this.drawn) return;
    this.drawn = key;
    put(this.facts,
      fact("Branch", task.git_branch ? h("span", { class: "mono" }, icon("branch"), task.git_branch) : null),
      fact("Part of", task.parent_id ? tasks([task.parent_id]) : null),
      fact("Subtasks", parts.length ? tasks(parts) : null),
      fact("Waits for", task.depends_on.length ? tasks(task.depends_on) : null),
      fact("Holds up", blocks.length ? tasks(blocks) : null),
      fact("Files", task.related_files.length ? h("ul", { class: "files" }, task.related_files.map((path) => h("li", {}, fileLink(path)))) : null),
      fact("Created", ago(task.created_at)),
      fact("Done", task.completed_at ? ago(task.completed_at) : null));
  }

  async showSimilar() {
    const { results } = await get("/api/tasks/similar", { query: this.view.task.title, top_k: SIMILAR + 1 });
    const others = results.filter((one) => one.id !== this.view.id && one.score >= AT_LEAST).slice(0, SIMILAR);
    this.likeness.hidden = others.length === 0;
    put(this.similar, others.map((one) => h("li", {}, taskLink(one.id, one.title, one.status), h("span", { class: "hint" }, one.why))));
  }
}

function fact(name, value) {
  return value === null ? null : [h("dt", {}, name), h("dd", {}, value)];
}

function tasks(ids) {
  return h("ul", { class: "task-list" }, ids.map((id) => {
    const card = store.cards.get(id);
    return h("li", {}, taskLink(id, card?.title ?? "", card?.status ?? null));
  }));
}

/** A link to another task, with where it stands. */
export function taskLink(id, title, status) {
  return h("a", { class: "task-link", href: withParams({ task: id }) }, h("span", { class: "number" }, `#${id}`), h("span", { class: "task-link-title" }, title), status ? statusPill(status) : null);
}
