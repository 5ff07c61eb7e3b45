/** The notes of a task, and a box for one more. */

import { get, post } from "./api.js";
import { h, put } from "./dom.js";
import { draft, drop, keep } from "./drafts.js";
import { render } from "./markdown.js";
import { part } from "./part.js";
import { ago, bounded, guarded, resting } from "./ui.js";

const KIB = 16;

export class Notes {
  constructor(view) {
    this.view = view;
    this.key = `note on ${view.id}`;
    this.list = h("ol", { class: "notes" });
    this.box = bounded(h("textarea", { rows: 2, required: true, placeholder: "Add a note; Markdown works", "aria-label": "New note", value: draft(this.key) ?? "", on: { input: () => keep(this.key, this.box.value) } }), { kib: KIB });
    this.send = h("button", { type: "submit", data: { needs: "write" } }, "Add note");
    const form = h("form", { class: "note-form", on: { submit: guarded((event) => this.add(event)) } },
      this.box, this.send);
    this.element = part("Notes", this.list, form);
  }

  async show() {
    const notes = await get(`/api/tasks/${this.view.id}/notes`);
    const texts = await render(notes.map((note) => note.text));
    put(this.list, notes.map((note, index) => h("li", {},
      h("p", { class: "hint" }, h("strong", {}, note.author), " · ", ago(note.created_at)), texts[index])));
  }

  async add(event) {
    event.preventDefault();
    const text = this.box.value;
    await resting(this.send, () => post(`/api/tasks/${this.view.id}/notes`, { text }));
    if (this.box.value === text) this.box.value = "";
    if (this.box.value) keep(this.key, this.box.value);
    else drop(this.key);
    await this.view.took();
  }
}
