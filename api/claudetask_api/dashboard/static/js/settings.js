/** The project's settings, checked before they are saved, and what this browser remembers. */

import { may } from "./access.js";
import { get, post, write } from "./api.js";
import { h, icon, put } from "./dom.js";
import { draft, drop, keep } from "./drafts.js";
import { on } from "./live.js";
import { prefs } from "./prefs.js";
import { load, store } from "./store.js";
import { Tokens } from "./tokens.js";
import { debounce, fail, field, guarded, select, toast } from "./ui.js";

const WAIT = 300;
const DRAFT = "settings";

export function open(main) {
  const page = new Settings();
  const tokens = new Tokens();
  put(main, h("h1", {}, "Settings"), page.project, page.server, tokens.element, page.own);
  // What stands above the tokens grows as it is read, and would move their button from under a click.
  const above = page.read().catch(fail);
  const readTokens = () => above.then(() => tokens.read()).catch(fail);
  readTokens();
  const stops = [on("project", () => page.read().catch(fail)), on("index", () => page.look().catch(fail)), on("connected", readTokens)];
  return () => stops.forEach((stop) => stop());
}

class Settings {
  constructor() {
    this.path = h("input", { type: "text", class: "mono", required: true, spellcheck: "false", maxlength: 4096 });
    this.repo = h("input", { type: "text", placeholder: "owner/name", spellcheck: "false", maxlength: 300 });
    this.report = h("div", { class: "report", role: "status" });
    this.base = null;
    this.error = h("div", { role: "alert" });
    this.save = h("button", { type: "submit", class: "primary", data: { needs: "admin" } }, "Save");
    this.board = h("code", {});
    const had = draft(DRAFT);
    if (had) {
      [this.path.value, this.repo.value] = had.typed;
      this.base = had.base;
    }
    this.path.addEventListener("input", debounce(() => this.check().catch(fail), WAIT));
    const folder = field("Project folder", this.path, "What search, agents and CLAUDE.md look at. The board stays where it is.");
    folder.append(this.report);
    this.project = h("section", { class: "panel" }, h("h2", {}, "Project"),
      h("form", { on: { submit: guarded((event) => this.submit(event)), input: () => this.keep() } }, this.error, folder, field("GitHub repository", this.repo),
        h("p", { class: "hint" }, "Board: ", this.board), h("div", { class: "actions" }, this.save)));
    this.health = h("dl", { class: "facts" });
    this.server = h("section", { class: "panel" }, h("h2", {}, "Server"), this.health);
    this.own = this.person();
  }

  person() {
    const who = h("input", { type: "text", value: prefs.who, maxlength: 100, autocomplete: "nickname", on: { change: () => {
      prefs.who = who.value;
      toast(`Your changes are signed ${prefs.who}.`, "good");
    } } });
    const theme = select([["system", "As the system"], ["light", "Light"], ["dark", "Dark"]], prefs.theme, { on: { change: () => (prefs.theme = theme.value) } });
    const keys = h("input", { type: "checkbox", checked: prefs.keys, on: { change: () => (prefs.keys = keys.checked) } });
    return h("section", { class: "panel" }, h("h2", {}, "This browser"),
      field("Your name", who, "Stands in the history beside what you change, and on tasks you take."), field("Theme", theme), h("label", { class: "check" }, keys, "Single keys act (/ n ?)"));
  }

  async read() {
    const settings = await get("/api/project/settings");
    // What was typed and not saved stays, whoever changed the settings meanwhile.
    for (const [box, name] of [[this.path, "project_path"], [this.repo, "github_repo"]]) {
      if (!this.base || box.value === (this.base[name] ?? "")) box.value = settings[name] ?? "";
    }
    this.base = settings;
    this.keep();
    put(this.board, settings.board_path);
    await Promise.all([this.check(), this.look()]);
  }

  /** Has what was typed and not saved come back, whatever page is looked at meanwhile. */
  keep() {
    const typed = [this.path.value, this.repo.value];
    if (!this.base || (typed[0] === this.base.project_path && typed[1] === (this.base.github_repo ?? ""))) drop(DRAFT);
    else keep(DRAFT, { base: this.base, typed });
  }

  /** Says what stands at the path, as it is typed. */
  async check() {
    const path = this.path.value;
    if (!path || !may("admin")) return put(this.report);
    const report = await post("/api/project/validate-path", { path });
    if (this.path.value !== path) return this.report;
    this.save.disabled = !report.valid;
    this.path.setAttribute("aria-invalid", String(!report.valid));
    const yes = (is, text) => h("li", { class: is ? "yes" : "no" }, icon(is ? "check" : "close"), text);
    return put(this.report, report.valid
      ? h("ul", { class: "checks" }, yes(true, "can be worked in"), yes(report.is_git_repository, report.is_git_repository ? "a git repository" : "no git repository"), yes(report.has_claude_md, report.has_claude_md ? "has CLAUDE.md" : "no CLAUDE.md yet"))
      : report.problems.map((text) => h("p", { class: "problem error" }, text)));
  }

  async look() {
    const [ready, status] = await Promise.all([get("/health/ready").catch((error) => error.problem), get("/api/project/status")]);
    const { index } = status;
    const facts = { ...ready.checks, index: `${index.state}, ${Math.floor(index.complete * 100)} % of ${index.files} files ${index.message}`.trim(), tasks: store.cards.size, "running jobs": status.jobs.length };
    put(this.health, Object.entries(facts).map(([name, said]) => [h("dt", {}, name), h("dd", {}, said)]));
  }

  async submit(event) {
    event.preventDefault();
    put(this.error);
    const wanted = { project_path: this.path.value, github_repo: this.repo.value.trim() || null };
    const sent = [this.path.value, this.repo.value];
    let saved;
    try {
      saved = await write("/api/project/settings", { ...wanted, version: this.base.version });
    } catch (error) {
      if (error.code === undefined) throw error;
      const text = error.code === "read_only_field" ? "The settings were changed meanwhile; reload the page to see them." : error.message;
      put(this.error, h("p", { class: "problem error" }, text));
      return;
    }
    // What was not touched since is shown as it was saved; the rest is typed over it.
    if (this.path.value === sent[0]) this.path.value = saved.project_path;
    if (this.repo.value === sent[1]) this.repo.value = saved.github_repo ?? "";
    this.base = saved;
    await load();
    await this.read();
    toast("The settings are saved.", "good");
  }
}
