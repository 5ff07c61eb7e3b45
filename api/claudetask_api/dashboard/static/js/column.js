/**
 * A column: only the cards that are in sight are elements, so that 5,000 tasks scroll like 50.
 *
 * Every card is as high as every other (--row, in rem), its place follows from its index. The card that
 * has the focus stays an element wherever it is.
 */

import { fillCard, makeCard } from "./card.js";
import { h, icon, put } from "./dom.js";
import { isHeld } from "./store.js";

const SPARE = 6;
const PAPER = 250;

export class Column {
  constructor(status, index) {
    this.status = status;
    this.cards = [];
    this.items = new Map();
    this.current = null;
    this.whole = false;
    this.count = h("span", { class: "count" });
    this.held = h("span", { class: "held" });
    this.list = h("ul", { class: "cards", "aria-labelledby": `column-${index}` });
    this.hollow = h("p", { class: "hollow" }, "No tasks");
    this.scroller = h("div", { class: "scroller" }, this.list, this.hollow);
    this.note = h("p", { class: "drop-note" });
    this.element = h("section", { class: "column", data: { status, index }, "aria-labelledby": `column-${index}` },
      h("header", { class: "column-head" },
        h("h2", { id: `column-${index}` }, status),
        this.held, this.count),
      this.scroller, this.note);
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.scroller);
  }

  /** Shows these cards, in this order; `all` is how many there are without the filter. */
  set(cards, all) {
    this.cards = cards;
    this.places = new Map(cards.map((card, index) => [card.id, index]));
    put(this.count, cards.length === all ? all : `${cards.length} of ${all}`);
    const held = cards.filter(isHeld).length;
    put(this.held, held ? [icon("person"), held, h("span", { class: "visually-hidden" }, " in somebody's hands")] : null);
    this.held.title = held ? `${held} in somebody's hands` : "";
    this.hollow.hidden = cards.length > 0;
    this.draw();
  }

  get row() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    return parseFloat(getComputedStyle(this.list).getPropertyValue("--row")) * rem;
  }

  draw() {
    const row = this.row;
    const from = this.whole ? 0 : Math.max(0, Math.floor(this.scroller.scrollTop / row) - SPARE);
    const to = this.whole ? Math.min(this.cards.length, PAPER) : Math.min(this.cards.length, Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / row) + SPARE);
    this.list.style.setProperty("height", `${this.cards.length * row}px`);
    if (!this.places?.has(this.current)) this.current = this.cards[0]?.id ?? null;
    const wanted = new Set();
    for (let index = from; index < to; index += 1) wanted.add(index);
    const focused = this.places?.get(Number(document.activeElement?.closest(".slot")?.dataset.id));
    if (focused !== undefined && this.list.contains(document.activeElement)) wanted.add(focused);
    if (this.current !== null) wanted.add(this.places.get(this.current));
    const keep = new Set([...wanted].map((index) => this.cards[index].id));
    for (const [id, item] of this.items) {
      if (!keep.has(id)) {
        item.remove();
        this.items.delete(id);
      }
    }
    const active = document.activeElement;
    let before = null;
    for (const index of [...wanted].sort((a, b) => a - b)) before = this.place(index, row, before);
    if (active !== document.activeElement && this.list.contains(active)) active.focus({ preventScroll: true });
  }

  /** An element's place among its siblings is what a screen reader reads. */
  place(index, row, before) {
    const card = this.cards[index];
    let item = this.items.get(card.id);
    if (!item) {
      item = makeCard(card.id);
      this.items.set(card.id, item);
    }
    if (item.previousElementSibling !== before || !item.isConnected) {
      if (before) before.after(item);
      else this.list.prepend(item);
    }
    fillCard(item, card);
    item.style.setProperty("transform", `translateY(${index * row}px)`);
    item.setAttribute("aria-setsize", this.cards.length);
    item.setAttribute("aria-posinset", index + 1);
    for (const part of item.children) part.tabIndex = card.id === this.current ? 0 : -1;
    return item;
  }

  /** The first cards at once, as paper cannot be scrolled; or again only those in sight. */
  drawWhole(whole) {
    this.whole = whole;
    const rest = this.cards.length - PAPER;
    if (rest > 0) this.list.dataset.rest = rest;
    else delete this.list.dataset.rest;
    this.draw();
  }

  /** Fills every shown card anew: what it says may depend on other cards. */
  redraw() {
    for (const item of this.items.values()) item.card = null;
    this.draw();
  }

  /** Puts the focus on the card at an index, and it into sight. */
  focus(index) {
    const card = this.cards[Math.max(0, Math.min(index, this.cards.length - 1))];
    if (!card) return false;
    this.current = card.id;
    this.reveal(this.places.get(card.id));
    this.draw();
    this.items.get(card.id).firstElementChild.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    return true;
  }

  reveal(index) {
    const top = index * this.row;
    const box = this.scroller;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + this.row > box.scrollTop + box.clientHeight) box.scrollTop = top + this.row - box.clientHeight;
  }

  close() {
    this.watch.disconnect();
  }
}
