/** Drag and drop between columns: columns that a card may not go to say why. */

import { movesFrom, store } from "./store.js";
import { moveTask, whyNot } from "./move.js";
import { liftable } from "./touch.js";
import { announce } from "./ui.js";

const EDGE = 60;
const STEP = 14;

/** Lets cards be dragged within `board`, by mouse and by finger; `columns` are its Column objects. */
export function draggable(board, columns) {
  const drag = new Drag(board, columns);

  board.addEventListener("dragstart", (event) => {
    const link = event.target.closest?.(".card");
    if (!link || event.defaultPrevented) return;
    drag.begin(link);
    // Where a change took the dragged element away, no event says that the drag is over.
    addEventListener("pointermove", () => drag.end(), { once: true });
    event.dataTransfer.setData("text/plain", `#${drag.card.id} ${drag.card.title}`);
    event.dataTransfer.effectAllowed = "move";
  });

  board.addEventListener("dragenter", (event) => {
    if (drag.card) drag.over(event.target);
  });

  board.addEventListener("dragover", (event) => {
    if (!drag.card) return;
    drag.scrollNear(event.clientX);
    if (drag.over(event.target)) {
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
    }
  });

  board.addEventListener("drop", (event) => {
    if (drag.card && drag.over(event.target)) {
      event.preventDefault();
      drag.drop();
      drag.end(); // the card's element may be gone by then, and with it the event that says so
    }
  });

  board.addEventListener("dragend", () => drag.end());
  liftable(board, drag);
}

/** What is being dragged, and over which column; the same whatever moves it. */
class Drag {
  constructor(board, columns) {
    this.board = board;
    this.columns = columns;
    this.card = null;
    this.to = null;
  }

  begin(link) {
    this.card = store.cards.get(Number(link.parentElement.dataset.id));
    this.to = null;
    link.classList.add("dragged");
    this.board.classList.add("dragging");
    for (const column of this.columns()) {
      const refusal = whyNot(this.card, column.status);
      column.element.dataset.drop = column.status === this.card.status ? "home" : refusal ? "no" : "yes";
      column.note.textContent = refusal ?? `Move to ${column.status}`;
    }
    announce(`#${this.card.id} may go to ${movesFrom(this.card.status).join(", ")}`);
  }

  /** Marks the column that an element stands in; true where the card may be dropped there. */
  over(target) {
    const over = target?.closest?.(".column") ?? null;
    for (const column of this.columns()) column.element.classList.toggle("over", column.element === over);
    this.to = over?.dataset.drop === "yes" ? over.dataset.status : null;
    return this.to !== null;
  }

  drop() {
    if (this.card && this.to) moveTask(this.card.id, this.to, null, this.card.status);
  }

  end() {
    this.card = null;
    this.board.classList.remove("dragging");
    for (const card of this.board.querySelectorAll(".dragged")) card.classList.remove("dragged");
    for (const column of this.columns()) {
      delete column.element.dataset.drop;
      column.element.classList.remove("over");
    }
  }

  /** Brings further columns into sight where the pointer is near an edge. */
  scrollNear(x) {
    const box = this.board.getBoundingClientRect();
    if (x < box.left + EDGE) this.board.scrollLeft -= STEP;
    else if (x > box.right - EDGE) this.board.scrollLeft += STEP;
  }
}
