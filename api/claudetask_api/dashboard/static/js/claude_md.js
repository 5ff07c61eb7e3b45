/** CLAUDE.md: its outline, an editor, what a save would change, and the way back. */

import { get, post, write } from "./api.js";
import { diffView } from "./diff.js";
import { h, put } from "./dom.js";
import { draft, drop, keep } from "./drafts.js";
import { on } from "./live.js";
import { render } from "./markdown.js";
import { ago, busy, dialog, fail, guarded, refocus, scrolling, toast } from "./ui.js";
import { versions } from "./versions.js";

const PATH = "/api/claude/config";
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})\s+(.+?)\s*#*\s*$/;

export function open(main) {
  const page = new ClaudeMd();
  put(main, page.head, page.banner, page.element);
  const begun = page.begin().catch(fail);
  const stops = ["claude_md", "connected"].map((type) => on(type, () => begun.then(() => page.changed()).catch(fail)));
  return () => stops.forEach((stop) => stop());
}

class ClaudeMd {
  constructor() {
    this.file = null;
    this.state = h("span", { class: "hint" });
    this.shows = h("button", { type: "button", on: { click: guarded(() => this.show()) } }, "Read");
    this.saver = h("button", { type: "button", class: "primary", data: { needs: "admin" }, disabled: true, on: { click: guarded(() => this.review()) } }, "Review changes");
    this.head = h("div", { class: "page-head" }, h("h1", {}, "CLAUDE.md"), this.state, h("span", { class: "grow" }), this.shows,
      h("button", { type: "button", on: { click: guarded(() => this.undo()) } }, "Former versions"), this.saver);
    this.banner = h("div", { role: "status" });
    this.outline = h("ol", { class: "outline" });
    this.text = h("textarea", { class: "mono source", spellcheck: "false", readonly: true, "aria-label": "CLAUDE.md", on: { input: () => this.edited() } });
    this.prose = h("div", { class: "reading", hidden: true });
    this.element = h("div", { class: "split" }, h("nav", { class: "side-list", "aria-label": "Outline" }, this.outline), h("div", { class: "editor" }, this.text, this.prose));
    busy(this.outline);
  }

  get dirty() {
    return this.file !== null && this.text.value !== this.file.content;
  }

  /** What was typed before the page was left is shown again, and what it was typed over. */
  async begin() {
    const had = draft(PATH);
    const now = await get(PATH);
    const shown = this.take(now);
    if (had !== null) {
      this.file = had.file;
      this.text.value = had.text;
      this.edited();
      if (now.hash !== had.file.hash) this.tell(now);
    }
    await shown;
  }

  async read() {
    await this.take(await get(PATH));
  }

  /**
   * Shows the file at once: nothing is typed between a look whether that costs anything and this.
   * Where something is `typedOver` it already, that stays, and so does the caret in it.
   */
  async take(file, { typedOver = false } = {}) {
    this.file = file;
    this.text.readOnly = false;
    // A text box has its own line endings; what it would hold is the text to compare with.
    this.file.content = file.content.replace(/\r\n?/g, "\n");
    if (!typedOver) this.text.value = this.file.content;
    put(this.banner);
    put(this.state, this.file.exists ? ["changed ", ago(this.file.updated_at)] : "not there yet");
    this.edited();
    if (!this.prose.hidden) await this.draw();
  }

  /** The file is another one now: it is shown, unless that would cost what is being written. */
  async changed() {
    const now = await get(PATH);
    if (now.hash === this.file?.hash) return;
    if (!this.dirty) await this.take(now);
    else this.tell(now);
  }

  tell(now) {
    put(this.banner, h("p", { class: "problem warning" }, "The file was changed meanwhile. A save of yours will be refused until you have looked at it. ",
      h("button", { type: "button", on: { click: guarded(() => this.compare(now)) } }, "Look")));
  }

  edited() {
    this.saver.disabled = !this.dirty;
    if (this.dirty) keep(PATH, { file: this.file, text: this.text.value });
    else if (this.file !== null) drop(PATH);
    const headings = outlineOf(this.text.value);
    put(this.outline, headings.length ? headings.map((one) => h("li", { data: { level: one.level } }, h("button", { type: "button", class: "quiet", on: { click: () => this.go(one) } }, one.title))) : h("li", { class: "hint" }, "No headings"));
  }

  go(heading) {
    if (!this.prose.hidden) {
      this.prose.querySelectorAll("h1, h2, h3, h4, h5, h6")[heading.number]?.scrollIntoView({ behavior: scrolling() });
      return;
    }
    this.text.focus();
    this.text.setSelectionRange(heading.at, heading.at);
    const line = parseFloat(getComputedStyle(this.text).lineHeight);
    this.text.scrollTop = heading.line * line;
  }

  async show() {
    const reading = this.prose.hidden;
    put(this.shows, reading ? "Edit" : "Read");
    this.prose.hidden = !reading;
    this.text.hidden = reading;
    if (reading) await this.draw();
  }

  async draw() {
    put(this.prose, await render([this.text.value]));
  }

  /** Shows what a save would change, and saves. */
  async review() {
    const text = this.text.value;
    const change = await post(`${PATH}/preview`, { content: text });
    const agreed = await dialog("Save CLAUDE.md", (close) => [
      diffView(change.diff),
      h("p", { class: "hint" }, "The former contents are kept."),
      h("div", { class: "actions" }, h("button", { type: "button", on: { click: () => close() } }, "Go on writing"),
        h("button", { type: "button", class: "primary", on: { click: () => close(true) } }, "Save")),
    ], { wide: true });
    if (agreed) await this.save(text);
  }

  /** Saves what was looked at. What is typed meanwhile is on top of that, and not saved yet. */
  async save(text) {
    let saved;
    try {
      saved = await write(PATH, { content: text }, this.file.hash ?? undefined);
    } catch (error) {
      if (error.status !== 412) throw error;
      await this.compare(await get(PATH));
      return;
    }
    await this.take(saved, { typedOver: this.text.value !== text });
    refocus(this.text); // a button that has nothing to save cannot have it
    toast("CLAUDE.md is saved.", "good", { name: "Undo", run: guarded(() => this.back()) });
  }

  /** Yours against what is there now; whoever looked at both may save. */
  async compare(now) {
    const change = await post(`${PATH}/preview`, { content: this.text.value });
    const chosen = await dialog("The file was changed meanwhile", (close) => [
      h("p", {}, "This is what your text would change in the file as it is now."),
      diffView(change.diff),
      h("div", { class: "actions" },
        h("button", { type: "button", on: { click: () => close("theirs") } }, "Take the file, drop mine"),
        h("button", { type: "button", class: "primary", on: { click: () => close("mine") } }, "Keep writing on mine")),
    ], { wide: true });
    if (chosen === "theirs") await this.read();
    if (chosen === "mine") {
      this.file = { ...now };
      put(this.banner);
      this.edited();
    }
  }

  async back() {
    const [newest] = await get(`${PATH}/versions`);
    if (newest) await post(`${PATH}/restore`, { version: newest.version });
    await this.changed();
    toast("The former contents are back.", "good");
  }

  async undo() {
    if (await versions(PATH, "CLAUDE.md")) await this.changed();
  }
}

/** The headings of a text outside of fenced code, with where they stand. */
function outlineOf(text) {
  const found = [];
  let fence = null;
  let at = 0;
  text.split("\n").forEach((line, number) => {
    const mark = line.match(FENCE)?.[1];
    if (mark && fence === null) fence = mark;
    else if (mark && mark[0] === fence[0] && mark.length >= fence.length) fence = null;
    const heading = fence === null ? line.match(HEADING) : null;
    if (heading) found.push({ level: heading[1].length, title: heading[2], at, line: number, number: found.length });
    at += line.length + 1;
  });
  return found;
}
