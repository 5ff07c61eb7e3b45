/** Code search: what the index finds, with the telling words marked. */

import { get } from "./api.js";
import { append, h, icon, put } from "./dom.js";
import { here, setParams } from "./router.js";
import { debounce, empty, fail, field, select } from "./ui.js";

const WAIT = 300;
const KINDS = [["", "Anything"], ["code", "Code"], ["docs", "Docs"], ["config", "Config"], ["tests", "Tests"]];
const NAMES = ["query", "path", "language", "kind", "min_score", "top_k"];
const FEW = "20";

export function open(main) {
  const page = new Search();
  put(main, h("h1", {}, "Code search"), page.form, page.state, page.results);
  page.read();
  // where there is no pointer a keyboard would cover half of the page
  if (matchMedia("(hover: hover)").matches) page.query.focus({ preventScroll: true });
  const routed = () => page.read();
  addEventListener("routed", routed);
  return () => {
    removeEventListener("routed", routed);
    page.asked?.abort();
  };
}

class Search {
  constructor() {
    const soon = debounce(() => this.go(), WAIT);
    const box = (props) => h("input", { type: "text", spellcheck: "false", autocomplete: "off", on: { input: soon }, ...props });
    this.query = h("input", { type: "search", placeholder: "A question, or a name: where are dates parsed?", "aria-label": "Search the code", autocomplete: "off", spellcheck: "false", maxlength: 2000, on: { input: soon } });
    this.fields = {
      query: this.query,
      path: box({ placeholder: "src/**/*.py", class: "mono" }),
      language: box({ placeholder: "python" }),
      kind: select(KINDS, "", { on: { change: soon } }),
      min_score: box({ inputmode: "decimal", placeholder: "0" }),
      top_k: select([[FEW, "20"], ["50", "50"], ["100", "100"]], FEW, { on: { change: soon } }),
    };
    this.form = h("form", { class: "search-form", role: "search", on: { submit: (event) => (event.preventDefault(), this.go()) } },
      h("span", { class: "search-box large" }, icon("search"), this.query),
      h("div", { class: "row" }, field("Path", this.fields.path), field("Language", this.fields.language), field("Kind", this.fields.kind), field("At least", this.fields.min_score), field("Results", this.fields.top_k)));
    this.state = h("p", { class: "hint", role: "status" });
    this.results = h("div", { class: "hits" });
    this.shown = null;
  }

  /** Writes into the address what is asked; reading that asks. */
  go() {
    const wanted = Object.fromEntries(NAMES.map((name) => [name, this.fields[name].value.trim()]));
    if (wanted.top_k === FEW) wanted.top_k = "";
    setParams(wanted, { quietly: true });
    this.read();
  }

  read() {
    const { params } = here();
    for (const name of NAMES) {
      const value = params.get(name) ?? (name === "top_k" ? FEW : "");
      if (this.fields[name].value.trim() !== value) this.fields[name].value = value;
    }
    const asked = JSON.stringify(NAMES.map((name) => params.get(name)));
    if (asked === this.shown) return;
    this.shown = asked;
    this.ask(Object.fromEntries(NAMES.map((name) => [name, params.get(name)]))).catch((error) => {
      if (error.name === "AbortError") return;
      put(this.results);
      put(this.state);
      this.shown = null;
      fail(error);
    });
  }

  async ask(wanted) {
    this.asked?.abort();
    if (!wanted.query) {
      put(this.state);
      put(this.results, empty("Ask in words or by name", "“where are tokens refreshed”, “RateLimiter.hit”, “config that sets the port”. Nothing leaves this machine."));
      return;
    }
    this.asked = new AbortController();
    put(this.state, "Searching…");
    const begun = performance.now();
    const found = await get("/api/search", wanted, this.asked.signal);
    const took = Math.round(performance.now() - begun);
    put(this.state, `${found.results.length} ${found.results.length === 1 ? "result" : "results"} in ${took} ms`,
      found.complete < 1 ? ` · ${Math.floor(found.complete * 100)} % of the tree is indexed so far` : null);
    put(this.results, found.message ? h("p", { class: "problem hint-box" }, found.message) : null, found.results.map(hit));
    if (!found.results.length && !found.message) put(this.results, empty("Nothing found", "Try other words, or fewer filters."));
  }
}

function hit(one) {
  const folder = one.path.slice(0, one.path.lastIndexOf("/") + 1);
  return h("article", { class: "hit" },
    h("header", {},
      h("h2", {}, h("span", { class: "folder" }, folder), one.path.slice(folder.length), h("span", { class: "lines" }, `:${one.start_line}–${one.end_line}`)),
      one.symbol ? h("code", { class: "symbol" }, one.symbol) : null,
      h("span", { class: "grow" }),
      h("span", { class: "tag" }, one.language ?? one.kind),
      h("span", { class: "score", title: `Score ${one.score}: ${one.why}` }, h("meter", { value: one.score, max: 1, "aria-label": "Score" }), one.score.toFixed(2))),
    h("p", { class: "hint" }, one.why),
    code(one));
}

/** The lines with their numbers; offsets of marks count code points. */
function code(one) {
  const marks = new Map();
  for (const mark of one.highlights ?? []) marks.set(mark.line, [...(marks.get(mark.line) ?? []), mark]);
  const lines = one.text.replace(/\n$/, "").split("\n");
  return h("pre", { class: "code", tabindex: "0", "aria-label": `${one.path}, from line ${one.start_line}` },
    lines.map((line, index) => h("span", { class: "line" },
      h("span", { class: "line-number", "aria-hidden": "true" }, one.start_line + index),
      append(h("span", { class: "line-text" }), [marked(line, marks.get(one.start_line + index) ?? []), "\n"]))),
    one.truncated ? h("span", { class: "line hint" }, "…") : null);
}

function marked(line, marks) {
  const points = [...line];
  const parts = [];
  let at = 0;
  for (const { start, end } of marks) {
    if (start < at) continue;
    parts.push(points.slice(at, start).join(""), h("mark", {}, points.slice(start, end).join("")));
    at = end;
  }
  return [...parts, points.slice(at).join("")];
}
