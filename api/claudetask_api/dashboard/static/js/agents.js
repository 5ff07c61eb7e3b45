/** Claude Code's agents: the files, what Claude Code trips over in them, and an editor. */

import { get, post, remove, write } from "./api.js";
import { h, put } from "./dom.js";
import { draft, drop, keep } from "./drafts.js";
import { on } from "./live.js";
import { here } from "./router.js";
import { busy, confirm, empty, fail, field, guarded, refocus, toast } from "./ui.js";
import { versions } from "./versions.js";

const place = (id) => `/api/agents/${encodeURIComponent(id)}`;
const link = (id) => `#/agents/${encodeURIComponent(id)}`;
const NEW = "+new";

export function open(main) {
  const page = new Agents();
  put(main, h("div", { class: "page-head" }, h("h1", {}, "Agents"), h("span", { class: "grow" }), h("a", { class: "button", data: { needs: "admin" }, href: link(NEW) }, "New agent")), page.element);
  page.read().catch(fail);
  const stops = ["agent", "connected"].map((type) => on(type, () => page.read().catch(fail)));
  const routed = () => page.choose();
  addEventListener("routed", routed);
  return () => {
    stops.forEach((stop) => stop());
    removeEventListener("routed", routed);
  };
}

class Agents {
  constructor() {
    this.list = h("nav", { class: "side-list", "aria-label": "Agents" });
    this.editor = h("div", { class: "editor" });
    this.element = h("div", { class: "split" }, this.list, this.editor);
    this.agents = [];
    this.opened = null;
    this.drawn = null;
    busy(this.list);
  }

  async read() {
    this.agents = await get("/api/agents");
    const text = JSON.stringify(this.agents);
    if (text !== this.drawn) this.draw();
    this.drawn = text;
    this.choose();
  }

  /** The list anew, with the focus where it was: only for what is new, or a click would be lost. */
  draw() {
    const at = this.list.contains(document.activeElement) ? document.activeElement : null;
    const place = [...this.list.children].indexOf(at);
    put(this.list, this.agents.length ? this.agents.map((agent) => this.entry(agent)) : empty("No agents yet", "They are files under .claude/agents."));
    if (at !== null) refocus(this.entryOf(at.dataset.id), [...this.list.querySelectorAll("a")].at(place), this.list.querySelector("a"));
  }

  entry(agent) {
    const worst = ["error", "warning", "hint"].find((kind) => agent.problems.some((one) => one.severity === kind));
    return h("a", { href: link(agent.id), data: { id: agent.id } },
      h("span", { class: "side-title" }, agent.name, agent.scope !== "project" ? h("span", { class: "tag" }, agent.scope) : null,
        worst ? h("span", { class: `count-badge ${worst}`, title: `${agent.problems.length} findings` }, agent.problems.length, h("span", { class: "visually-hidden" }, " findings")) : null),
      h("span", { class: "hint clip" }, agent.description));
  }

  choose() {
    const id = here().rest.join("/") || null;
    const held = document.activeElement;
    for (const entry of this.list.querySelectorAll("a")) {
      if (entry.dataset.id === id) entry.setAttribute("aria-current", "true");
      else entry.removeAttribute("aria-current");
    }
    const agent = this.agents.find((one) => one.id === id);
    this.element.dataset.chosen = String(id !== null);
    if (id === null) {
      this.opened = null;
      put(this.editor, empty("Choose an agent", "Its findings say what Claude Code would trip over."));
    } else if (this.opened?.id !== id || (!this.opened.touched && this.opened.agent?.hash !== agent?.hash)) {
      this.opened = agent || id === NEW ? new Editor(id, agent ?? null, this) : null;
      put(this.editor, this.opened?.element ?? empty("No such agent", "It may have been deleted; its former contents can be put back.",
        h("button", { type: "button", on: { click: guarded(() => versions(place(id), id)) } }, "Former versions")));
    }
    if (held !== document.body) refocus(id === null ? this.entryOf(this.left) : this.opened?.like(held), this.list.querySelector("a"));
    if (id !== null && id !== this.left && id === NEW) this.opened.name.focus();
    this.left = id ?? this.left;
  }

  entryOf(id) {
    return [...this.list.querySelectorAll("a")].find((entry) => entry.dataset.id === id);
  }
}

class Editor {
  constructor(id, agent, page) {
    this.id = id;
    this.agent = agent;
    this.page = page;
    this.key = `agent ${id}`;
    const had = draft(this.key);
    this.touched = had !== null;
    if (had) this.agent = had.agent;
    const now = agent ?? { name: "", description: "", tools: null, model: null, skills: [], prompt: "" };
    this.name = h("input", { type: "text", value: now.name, required: true, maxlength: 100, pattern: "[A-Za-z0-9]([A-Za-z0-9_\\-]*[A-Za-z0-9])?", spellcheck: "false" });
    this.description = h("textarea", { rows: 3, value: now.description, required: true });
    this.tools = h("input", { type: "text", value: (now.tools ?? []).join(", "), spellcheck: "false", class: "mono" });
    this.model = h("input", { type: "text", value: now.model ?? "", spellcheck: "false" });
    this.skills = h("input", { type: "text", value: now.skills.join(", "), spellcheck: "false" });
    this.prompt = h("textarea", { rows: 16, class: "mono", value: now.prompt, spellcheck: "false" });
    this.error = h("div", { role: "alert" });
    this.boxes = [this.name, this.description, this.tools, this.model, this.skills, this.prompt];
    if (had) this.boxes.forEach((box, index) => (box.value = had.typed[index]));
    this.element = this.build();
  }

  typed() {
    this.touched = true;
    keep(this.key, { agent: this.agent, typed: this.boxes.map((box) => box.value) });
  }

  letGo() {
    this.touched = false;
    drop(this.key);
  }

  build() {
    const { agent } = this;
    const fixed = Boolean(agent) && agent.scope !== "project";
    const form = h("form", { on: { submit: guarded((event) => this.save(event)), input: () => this.typed() } },
      h("a", { class: "back", href: "#/agents" }, "All agents"),
      h("h2", { tabindex: "-1" }, agent ? agent.name : "New agent"),
      agent ? h("p", { class: "hint mono clip" }, agent.path) : null,
      fixed ? h("p", { class: "problem hint-box" }, agent.scope === "user" ? "This agent is your own, in your home folder. It is shown here and changed there." : `This agent belongs to a folder above the project: ${agent.path}. It is shown here and changed there.`) : null,
      this.findings(), this.error,
      h("fieldset", { disabled: fixed },
        field("Name", this.name), field("Description", this.description, "Claude Code reads this to decide when to call the agent."),
        h("div", { class: "row" }, field("Tools", this.tools, "Separated by commas; empty for all"), field("Model", this.model, "Empty for the session's own")),
        field("Skills", this.skills, "Separated by commas"), field("Prompt", this.prompt)),
      fixed ? null : h("div", { class: "actions" },
        agent ? h("button", { type: "button", class: "quiet danger-text", data: { needs: "admin" }, on: { click: guarded(() => this.delete()) } }, "Delete") : null,
        h("span", { class: "grow" }),
        agent ? h("button", { type: "button", on: { click: guarded(() => this.undo()) } }, "Former versions") : null,
        h("button", { type: "submit", class: "primary", data: { needs: "admin" } }, agent ? "Save" : "Create")));
    return form;
  }

  findings() {
    const problems = this.agent?.problems ?? [];
    if (!problems.length) return this.agent ? h("p", { class: "fine" }, "No findings: Claude Code reads this file as it is meant.") : null;
    return h("ul", { class: "problems", "aria-label": "Findings" }, problems.map((one) => h("li", { class: `problem ${one.severity}` },
      h("strong", {}, one.severity), h("span", { class: "hint" }, ` line ${one.line} · ${one.rule}`), h("p", {}, one.message, one.mend ? ` ${one.mend}` : null))));
  }

  /** What the form says that the file does not. */
  changes() {
    const words = (box) => box.value.split(",").map((word) => word.trim()).filter(Boolean);
    const wanted = {
      name: this.name.value.trim(),
      description: this.description.value.trim(),
      tools: words(this.tools).length ? words(this.tools) : null,
      model: this.model.value.trim() || null,
      skills: words(this.skills),
      prompt: this.prompt.value,
    };
    const base = this.agent;
    if (!base) return { ...wanted, skills: wanted.skills.length ? wanted.skills : null };
    const now = { ...base, description: base.description.trim() };
    const differing = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(now[name])));
    if (differing.skills?.length === 0) differing.skills = null;
    return differing;
  }

  async save(event) {
    event.preventDefault();
    put(this.error);
    const changes = this.changes();
    const sent = this.boxes.map((box) => box.value);
    try {
      const saved = this.agent ? await write(place(this.id), changes, this.agent.hash) : await post("/api/agents", changes);
      const typed = this.boxes.map((box) => box.value);
      const at = this.boxes.indexOf(document.activeElement);
      const caret = this.boxes[at]?.selectionStart;
      this.letGo();
      this.become(saved);
      if (typed.join("\0") !== sent.join("\0")) keep(this.key, { agent: saved, typed });
      toast(`${saved.name} is saved${saved.problems.length ? `, with ${saved.problems.length} findings` : ""}.`, "good");
      this.page.opened = null;
      history.replaceState(null, "", link(saved.id));
      await this.page.read();
      this.page.opened?.goOn(at, caret);
    } catch (error) {
      if (error.status === 412) await this.stale();
      else if (error.code === undefined) throw error;
      else put(this.error, h("p", { class: "problem error" }, error.message));
    }
  }

  /** Until the page has been read again this editor stands there, and what is pressed in it concerns the file as saved. */
  become(saved) {
    this.id = saved.id;
    this.agent = saved;
    this.key = `agent ${saved.id}`;
  }

  /** What stands here where another editor had the focus. */
  like(held) {
    const same = [...this.element.querySelectorAll("button")].find((one) => one.type === held.type && (one.type === "submit" || one.textContent === held.textContent));
    return same ?? this.element.querySelector("h2");
  }

  /** Whoever was typing goes on where they were. */
  goOn(at, caret) {
    if (at < 0) return;
    this.boxes[at].focus();
    this.boxes[at].setSelectionRange(caret, caret);
  }

  async stale() {
    const present = await get(place(this.id));
    put(this.error, h("div", { class: "problem warning" },
      h("p", {}, "The file was changed meanwhile, so nothing was saved. What you wrote is still here."),
      h("div", { class: "actions" },
        h("button", { type: "button", on: { click: () => this.page.choose(this.letGo()) } }, "Show the file as it is"),
        h("button", { type: "button", on: { click: () => ((this.agent = present), this.element.requestSubmit()) } }, "Save mine over it"))));
  }

  async delete() {
    if (!(await confirm(`Delete ${this.agent.name}?`, "The file goes; a copy is kept and can be put back.", "Delete"))) return;
    await remove(place(this.id), this.agent.hash);
    this.letGo();
    location.hash = "#/agents";
    await this.page.read();
    refocus(this.page.list.querySelector("a"));
  }

  async undo() {
    if (!(await versions(place(this.id), this.agent.name))) return;
    this.letGo();
    this.page.opened = null;
    await this.page.read();
  }
}
