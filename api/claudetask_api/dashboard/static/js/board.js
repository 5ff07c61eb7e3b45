/** The board: a column for every status, kept up with everybody's changes. */

import { Column } from "./column.js";
import { h, put } from "./dom.js";
import { draggable } from "./drag.js";
import { Filters } from "./filters.js";
import { actOnce } from "./keys.js";
import { moveMenu, moveTask, nextOn } from "./move.js";
import { openTask } from "./router.js";
import { statuses, store, watch } from "./store.js";
import { newTask } from "./task_form.js";
import { announce, empty, refocus, scrolling } from "./ui.js";

/** The keys that go on while they are held down. */
const WALKS = /^(Arrow|Home|End)/;

export function open(main) {
  const board = new Board();
  put(main, h("h1", { class: "visually-hidden" }, "Board"), board.filters.element, board.strip, board.hollow, board.element);
  board.show();
  const stops = [watch(() => board.show())];
  const routed = () => {
    board.filters.read();
    board.show();
  };
  const paper = (event) => board.columns.forEach((column) => column.drawWhole(event.type === "beforeprint"));
  const heard = [["routed", routed], ["beforeprint", paper], ["afterprint", paper]];
  for (const [name, hear] of heard) addEventListener(name, hear);
  return () => {
    for (const stop of stops) stop();
    for (const [name, hear] of heard) removeEventListener(name, hear);
    for (const column of board.columns) column.close();
  };
}

class Board {
  constructor() {
    this.filters = new Filters(() => this.show());
    this.strip = h("div", { class: "strip", role: "group", "aria-label": "Tasks per status" });
    this.element = h("div", { class: "board" });
    this.hollow = h("div", { hidden: true });
    put(this.hollow, empty("The board is empty", "Claude Code fills it with create_task, or you do.",
      h("button", { type: "button", class: "primary", data: { needs: "write" }, on: { click: () => newTask() } }, "Create the first task")));
    this.columns = [];
    draggable(this.element, () => this.columns);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("click", (event) => this.click(event));
    this.element.addEventListener("focusin", (event) => this.focused(event));
  }

  show() {
    this.build();
    const all = [...store.cards.values()];
    const shown = this.filters.of(all);
    const rank = new Map(store.workflow.priorities.map((name, index) => [name, index]));
    const left = this.standsAt();
    const counts = countBy(all);
    const by = Map.groupBy ? Map.groupBy(shown, (card) => card.status) : group(shown);
    for (const column of this.columns) {
      const cards = (by.get(column.status) ?? []).sort((a, b) => order(a, b, rank));
      column.set(cards, counts.get(column.status) ?? 0);
      column.redraw();
    }
    this.drawStrip(counts);
    this.hollow.hidden = all.length > 0;
    this.element.hidden = all.length === 0;
    this.strip.hidden = all.length === 0;
    if (left && document.activeElement === document.body) this.goOn(left);
  }

  /** The card that has the focus, and where it stands. */
  standsAt() {
    const item = document.activeElement?.closest?.(".slot");
    if (!item) return null;
    const id = Number(item.dataset.id);
    const column = this.columnOf(item);
    return { id, column, at: column.places.get(id) };
  }

  /** The focus follows its card, or goes to what stands where that was. */
  goOn({ id, column, at }) {
    if (this.focusCard(id) || column.focus(at) || this.columns.some((one) => one.focus(at))) return;
    refocus(this.filters.box);
  }

  /** Columns are made anew only where the workflow has become another one. */
  build() {
    const names = statuses();
    if (names.join() === this.columns.map((column) => column.status).join()) return;
    for (const column of this.columns) column.close();
    this.columns = names.map((name, index) => new Column(name, index));
    put(this.element, this.columns.map((column) => column.element));
    put(this.strip, this.columns.map((column, index) => this.stripPart(column, index)));
  }

  stripPart(column, index) {
    return h("button", {
      type: "button",
      data: { index },
      class: "strip-part",
      on: { click: () => column.element.scrollIntoView({ block: "nearest", inline: "start", behavior: scrolling() }) },
    }, h("span", { class: "strip-name" }, column.status), h("span", { class: "strip-count" }));
  }

  drawStrip(counts) {
    this.columns.forEach((column, index) => put(this.strip.children[index].lastElementChild, counts.get(column.status) ?? 0));
  }

  click(event) {
    const button = event.target.closest(".card-move");
    if (button) moveMenu(this.cardOf(button), button, () => this.focusCard(this.cardOf(button)?.id));
  }

  cardOf(element) {
    return store.cards.get(Number(element.closest(".slot").dataset.id));
  }

  focused(event) {
    const item = event.target.closest(".slot");
    if (!item) return;
    const column = this.columnOf(item);
    column.current = Number(item.dataset.id);
    column.draw();
  }

  columnOf(element) {
    return this.columns.find((column) => column.element.contains(element));
  }

  focusCard(id) {
    for (const column of this.columns) {
      const index = column.places?.get(id);
      if (index !== undefined) return column.focus(index);
    }
    return false;
  }

  key(event) {
    const link = event.target.closest(".card");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    const column = this.columnOf(link);
    const card = this.cardOf(link);
    const at = column.places.get(card.id);
    const act = event.shiftKey
      ? { ArrowRight: () => this.shift(card, 1), ArrowLeft: () => this.shift(card, -1) }[event.key]
      : {
          ArrowDown: () => column.focus(at + 1),
          ArrowUp: () => column.focus(at - 1),
          Home: () => column.focus(0),
          End: () => column.focus(column.cards.length - 1),
          ArrowRight: () => this.beside(column, at, 1),
          ArrowLeft: () => this.beside(column, at, -1),
          Enter: () => openTask(card.id),
          m: () => moveMenu(card, link.nextElementSibling, () => this.focusCard(card.id)),
          " ": () => openTask(card.id),
        }[event.key];
    if (!act) return;
    if (WALKS.test(event.key) && !event.shiftKey) event.preventDefault();
    else actOnce(event);
    act();
  }

  beside(column, at, side) {
    for (let index = this.columns.indexOf(column) + side; this.columns[index]; index += side) {
      if (this.columns[index].focus(at)) return;
    }
  }

  async shift(card, side) {
    const to = nextOn(card, side);
    if (to === null) announce(`#${card.id} has no allowed move that way`);
    else {
      const moving = moveTask(card.id, to);
      queueMicrotask(() => this.focusCard(card.id));
      await moving;
      this.focusCard(card.id);
    }
  }
}

function order(a, b, rank) {
  if (a.completed_at !== null && b.completed_at !== null) return a.completed_at < b.completed_at ? 1 : -1;
  return rank.get(a.priority) - rank.get(b.priority) || a.id - b.id;
}

function countBy(cards) {
  const counts = new Map();
  for (const card of cards) counts.set(card.status, (counts.get(card.status) ?? 0) + 1);
  return counts;
}

function group(cards) {
  const by = new Map();
  for (const card of cards) by.get(card.status)?.push(card) ?? by.set(card.status, [card]);
  return by;
}
