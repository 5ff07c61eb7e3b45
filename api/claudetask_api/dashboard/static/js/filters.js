/** What of the board is shown: words, type, priority, who has it, what waits. */

import { get } from "./api.js";
import { h, icon } from "./dom.js";
import { here, setParams } from "./router.js";
import { blockers, isHeld, store } from "./store.js";
import { debounce, fail, select } from "./ui.js";

const WAIT = 250;
const STATES = [
  ["", "Any state"],
  ["held", "In somebody's hands"],
  ["free", "Free to take"],
  ["waiting", "Waits for others"],
];

/** The bar of filters; `apply` is called whenever another set of cards is to be shown. */
export class Filters {
  constructor(apply) {
    this.apply = apply;
    this.found = null; // ids whose texts the server found the words in
    this.box = h("input", { type: "search", placeholder: "Filter tasks", "aria-label": "Filter tasks", autocomplete: "off", spellcheck: "false" });
    const named = (name, options, label) => select(options, "", { "aria-label": label, data: { filter: name } });
    this.selects = [
      named("type", [["", "Any type"], ...store.workflow.types], "Type"),
      named("priority", [["", "Any priority"], ...store.workflow.priorities], "Priority"),
      named("state", STATES, "State"),
    ];
    this.clear = h("button", { type: "button", class: "quiet", hidden: true }, "Clear");
    this.element = h("div", { class: "filters", role: "search" }, h("span", { class: "search-box" }, icon("search"), this.box), this.selects, this.clear);
    const ask = debounce(() => this.ask(), WAIT);
    this.box.addEventListener("input", () => {
      this.found = null;
      setParams({ q: this.box.value.trim() }, { quietly: true });
      ask();
    });
    for (const one of this.selects) one.addEventListener("change", () => setParams({ [one.dataset.filter]: one.value }, { quietly: true }));
    this.clear.addEventListener("click", () => {
      setParams({ q: null, type: null, priority: null, state: null }, { quietly: true });
      this.read();
      this.box.focus();
    });
    this.read();
  }

  /** Takes over what the address says. */
  read() {
    const { params } = here();
    const q = params.get("q") ?? "";
    if (this.box.value.trim() !== q) {
      this.box.value = q;
      this.ask();
    }
    for (const one of this.selects) one.value = params.get(one.dataset.filter) ?? "";
    this.clear.hidden = !["q", "type", "priority", "state"].some((name) => params.get(name));
  }

  /** Has the server look into the descriptions too. */
  async ask() {
    const q = this.box.value.trim();
    if (!q) return;
    try {
      const { cards } = await get("/api/board", { q });
      if (this.box.value.trim() !== q) return;
      this.found = new Set(cards.map((card) => card.id));
      this.apply();
    } catch (error) {
      fail(error);
    }
  }

  /** The cards that are to be shown. */
  of(cards) {
    const words = this.box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const [type, priority, state] = this.selects.map((one) => one.value);
    return cards.filter((card) => (!type || card.type === type) && (!priority || card.priority === priority)
      && (!state || this.isIn(state, card)) && (!words.length || this.found?.has(card.id) || says(card, words)));
  }

  isIn(state, card) {
    if (state === "held") return isHeld(card);
    if (state === "waiting") return blockers(card).length > 0;
    return !isHeld(card) && card.completed_at === null && !blockers(card).length;
  }
}

function says(card, words) {
  const text = `#${card.id} ${card.title} ${card.git_branch ?? ""} ${card.claimed_by ?? ""}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
