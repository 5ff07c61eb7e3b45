/** Making a task and changing one; what others change meanwhile is neither lost nor overwritten. */

import { get, post, write } from "./api.js";
import { h, put } from "./dom.js";
import { draft, drop, keep } from "./drafts.js";
import { render } from "./markdown.js";
import { openTask } from "./router.js";
import { refresh, store } from "./store.js";
import { taskLink } from "./task_links.js";
import { debounce, dialog, fail, field, resting, select, toast } from "./ui.js";

const WAIT = 350;
const LIKELY = 0.4;
const SHOWN = 3;
const LONGEST_TITLE = 200;
const EDITED = new Set("title description type priority git_branch parent_id depends_on related_files acceptance_criteria".split(" "));

/** A form for a new task. */
export function newTask() {
  return dialog("New task", (close) => new Form(null, close).element, { wide: true, kind: "form-dialog" });
}

/** A form for what a task says. */
export function editTask(task) {
  return dialog(`Edit #${task.id}`, (close) => new Form(task, close).element, { wide: true, kind: "form-dialog" });
}

class Form {
  constructor(task, close) {
    this.place = task ? `task ${task.id}` : "new task";
    const had = draft(this.place);
    this.asked = task;
    this.base = had ? had.base : task;
    this.close = close;
    const now = task ?? { title: "", description: "", type: store.workflow.types[0], priority: "Medium", git_branch: null, parent_id: null, depends_on: [], acceptance_criteria: [], related_files: [] };
    this.error = h("div", { class: "form-error", role: "alert" });
    this.likely = h("div", { class: "likely", "aria-live": "polite" });
    this.title = h("input", { type: "text", value: now.title, required: true, autofocus: true, on: { input: () => this.measure() } });
    this.description = h("textarea", { rows: 8, value: now.description });
    this.preview = h("div", { class: "preview", hidden: true });
    this.type = select(store.workflow.types, now.type);
    this.priority = select(store.workflow.priorities, now.priority);
    this.branch = h("input", { type: "text", value: now.git_branch ?? "", maxlength: 255, spellcheck: "false", class: "mono" });
    this.parent = h("input", { type: "text", inputmode: "numeric", pattern: "#?[0-9]*", title: "The number of a task, such as 12", value: now.parent_id ?? "" });
    this.depends = h("input", { type: "text", pattern: "[#0-9, ]*", title: "Numbers with commas between, such as 11, 12", value: now.depends_on.join(", ") });
    this.files = h("textarea", { rows: 2, class: "mono", value: now.related_files.join("\n"), spellcheck: "false" });
    this.criteria = h("textarea", { rows: 4, value: now.acceptance_criteria.map((one) => flat(one.text)).join("\n") });
    this.send = h("button", { type: "submit", class: "primary", data: { needs: "write" } }, task ? "Save" : "Create task");
    this.boxes = { title: this.title, description: this.description, type: this.type, priority: this.priority, git_branch: this.branch, parent_id: this.parent, depends_on: this.depends, related_files: this.files, acceptance_criteria: this.criteria };
    this.element = this.build();
    this.untouched = this.typed();
    if (had) this.back(had.typed);
    this.element.addEventListener("input", () => this.keep());
    this.element.addEventListener("change", () => this.keep());
    if (!task) this.title.addEventListener("input", debounce(() => this.warn().catch(fail), WAIT));
  }

  build() {
    const shows = h("button", { type: "button", class: "quiet", "aria-pressed": "false", on: { click: () => this.show(shows).catch(fail) } }, "Preview");
    const texts = field("Description", this.description, "Markdown; #12 leads to task 12.");
    texts.firstElementChild.after(shows);
    texts.append(this.preview);
    return h("form", { class: "task-form", on: { submit: (event) => this.submit(event) } },
      this.error, field("Title", this.title), this.likely,
      h("div", { class: "row" }, field("Type", this.type), field("Priority", this.priority)),
      texts,
      field("Acceptance criteria", this.criteria, "One a line. A criterion that is met stays so while its text does."),
      h("details", { open: Boolean(this.base) }, h("summary", {}, "Branch, dependencies, files"),
        h("div", { class: "row" }, field("Branch", this.branch), field("Part of task", this.parent)),
        field("Waits for tasks", this.depends, "Numbers, such as 11, 12"),
        field("Related files", this.files, "One a line")),
      h("div", { class: "actions" }, h("button", { type: "button", on: { click: () => this.letGo() } }, "Cancel"), this.send));
  }

  typed() {
    return Object.fromEntries(Object.entries(this.boxes).map(([name, box]) => [name, box.value]));
  }

  keep() {
    const typed = this.typed();
    if (same(typed, this.untouched)) drop(this.place);
    else keep(this.place, { base: this.base, typed });
  }

  /** Shows what was typed before the form was left. */
  back(typed) {
    for (const [name, value] of Object.entries(typed)) this.boxes[name].value = value;
    this.measure();
    const anew = () => {
      this.letGo();
      if (this.asked) editTask(this.asked);
      else newTask();
    };
    put(this.error, h("div", { class: "problem hint-box" }, h("p", {}, "You left this form before you saved. What you typed is back."),
      h("div", { class: "actions" }, h("button", { type: "button", on: { click: anew } }, "Begin anew"))));
  }

  letGo() {
    drop(this.place);
    this.close();
  }

  /** The server counts characters; a length that the browser counts takes an emoji for two or more. */
  measure() {
    const more = [...this.title.value.trim()].length - LONGEST_TITLE;
    this.title.setCustomValidity(more > 0 ? `At most ${LONGEST_TITLE} characters; these are ${more} more.` : "");
  }

  async show(button) {
    const on = this.preview.hidden;
    button.setAttribute("aria-pressed", String(on));
    put(this.preview, on ? await render([this.description.value]) : null);
    this.preview.hidden = !on;
    this.description.hidden = on;
  }

  /** Tells of tasks that may be the one about to be made. */
  async warn() {
    const title = this.title.value.trim();
    if (title.length < 4) return put(this.likely);
    const { results } = await get("/api/tasks/similar", { query: title, top_k: SHOWN });
    if (this.title.value.trim() !== title) return this.likely;
    const like = results.filter((one) => one.score >= LIKELY);
    return put(this.likely, like.length ? [h("p", {}, "Is it one of these?"), h("ul", { class: "task-list" }, like.map((one) => h("li", {}, taskLink(one.id, one.title, one.status))))] : null);
  }

  /** What the form says, as the API wants it. */
  read() {
    const lines = (box) => box.value.split("\n").map((line) => line.trim()).filter(Boolean);
    const numbers = (text) => (text.match(/\d+/g) ?? []).map(Number);
    const before = new Map((this.base?.acceptance_criteria ?? []).map((one) => [flat(one.text), one]));
    return {
      title: this.title.value.trim(),
      description: this.description.value,
      type: this.type.value,
      priority: this.priority.value,
      git_branch: this.branch.value.trim() || null,
      parent_id: numbers(this.parent.value)[0] ?? null,
      depends_on: numbers(this.depends.value),
      related_files: lines(this.files),
      acceptance_criteria: lines(this.criteria).map((text) => before.get(text) ?? { text }),
    };
  }

  submit(event) {
    event.preventDefault();
    return this.once(() => (this.base ? this.save() : this.create()));
  }

  /** Asks the server once, however often a key or a button is pressed meanwhile. */
  async once(work) {
    if (this.asking) return;
    this.asking = true;
    if (this.error.contains(document.activeElement)) this.send.focus(); // what was pressed there goes
    put(this.error);
    await resting(this.send, () => work().catch((error) => this.refused(error)));
    this.asking = false;
  }

  /** Closes, unless more was typed while the server was asked: that is not saved yet. */
  saved(task, sent) {
    if (same(this.typed(), sent)) return this.letGo();
    drop(this.place);
    this.place = `task ${task.id}`;
    this.asked = task;
    this.base = task;
    this.untouched = sent;
    this.keep();
    put(this.send, "Save");
    return put(this.error, h("p", { class: "problem hint-box" }, `#${task.id} is saved, but for what you typed since you pressed the button.`));
  }

  refused(error) {
    if (error.code === undefined) return fail(error);
    if (this.base && error.code === "task_not_found") return this.gone();
    put(this.error, h("p", { class: "problem error" }, error.message));
    return this.error.scrollIntoView({ block: "nearest" });
  }

  /** Somebody deleted the task; what was written of it need not go with it. */
  gone() {
    const id = this.base.id;
    const anew = h("button", { type: "button", class: "primary", on: { click: () => {
      drop(this.place);
      this.place = "new task";
      this.base = null;
      this.keep();
      this.once(() => this.create("warn"));
    } } }, "Make a new task of it");
    put(this.error, h("div", { class: "problem warning" }, h("p", {}, `#${id} was deleted meanwhile. What you wrote is still here.`), h("div", { class: "actions" }, anew)));
    anew.focus();
  }

  /** The first try makes nothing where the like exists; the second is after a person has looked. */
  async create(onDuplicate = "refuse") {
    const sent = this.typed();
    let made;
    try {
      made = await post("/api/tasks", { ...this.read(), on_duplicate: onDuplicate });
    } catch (error) {
      if (error.code !== "possible_duplicate") throw error;
      return this.repeats(error.problem.possible_duplicates);
    }
    this.saved(made, sent);
    await refresh([made.id]);
    return toast(`#${made.id} was made.`, "good", { name: "Open", run: () => openTask(made.id) });
  }

  /** Shows what the task may repeat, and makes it if that is wanted. */
  repeats(likely) {
    const anyway = h("button", { type: "button", class: "primary", on: { click: () => this.once(() => this.create("warn")) } }, "Create it anyway");
    put(this.likely);
    put(this.error, h("div", { class: "problem warning" },
      h("p", {}, "Nothing was made yet: it may be there already."),
      h("ul", { class: "task-list" }, likely.map((one) => h("li", {}, taskLink(one.id, one.title, one.status), h("span", { class: "hint" }, `${Math.round(one.score * 100)} %: ${one.why}`)))),
      h("div", { class: "actions" }, anyway)));
    anyway.focus();
  }

  async save() {
    const sent = this.typed();
    const mine = changes(this.base, this.read());
    if (!Object.keys(mine).length) return this.letGo();
    try {
      this.saved(await write(`/api/tasks/${this.base.id}`, mine, this.base.version), sent);
    } catch (error) {
      if (error.status !== 412) throw error;
      return this.merge(mine, sent);
    }
    return refresh([this.base.id]);
  }

  /** Somebody changed the task since the form was opened. */
  async merge(mine, sent) {
    const theirs = await get(`/api/tasks/${this.base.id}`);
    const both = Object.keys(changes(this.base, theirs)).filter((name) => name in mine && !same(mine[name], theirs[name]));
    if (!both.length) {
      this.base = { ...theirs };
      this.saved(await write(`/api/tasks/${theirs.id}`, mine, theirs.version), sent);
      await refresh([theirs.id]);
      return toast("Somebody else changed this task meanwhile; both changes are kept.", "good");
    }
    return this.choose(mine, theirs, both);
  }

  /** Both changed the same: a person decides. */
  choose(mine, theirs, both) {
    const take = (whose) => {
      for (const name of Object.keys(changes(this.base, theirs))) if (!(name in mine) || (whose === "theirs" && both.includes(name))) this.fill(name, theirs[name]);
      this.base = theirs;
      this.element.requestSubmit();
    };
    put(this.error, h("div", { class: "problem warning" },
      h("p", {}, `While you wrote, somebody changed ${both.map((name) => name.replaceAll("_", " ")).join(", ")} too. Nothing was saved yet.`),
      both.map((name) => h("div", { class: "versus" },
        h("div", {}, h("p", { class: "hint" }, "Now there"), h("pre", { tabindex: "0" }, shown(theirs[name]))),
        h("div", {}, h("p", { class: "hint" }, "Yours"), h("pre", { tabindex: "0" }, shown(mine[name]))))),
      h("div", { class: "actions" },
        h("button", { type: "button", on: { click: () => take("theirs") } }, "Keep theirs"),
        h("button", { type: "button", class: "primary", on: { click: () => take("mine") } }, "Save mine"))));
    this.error.querySelector("pre").focus();
  }

  fill(name, value) {
    const text = { depends_on: () => value.join(", "), related_files: () => value.join("\n"), acceptance_criteria: () => value.map((one) => flat(one.text)).join("\n") }[name];
    this.boxes[name].value = text ? text() : (value ?? "");
  }
}

function shown(value) {
  if (!Array.isArray(value)) return value === null ? "(nothing)" : String(value);
  return value.map((one) => one.text ?? one).join("\n");
}

function changes(base, wanted) {
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => EDITED.has(name) && !same(base[name], value)));
}

const flat = (text) => text.replace(/\s+/g, " ");
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
