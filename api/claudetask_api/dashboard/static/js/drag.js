/** Drag and drop between columns: columns that a card may not go to say why. */

import { movesFrom, store } from "./store.js";
import { moveTask, whyNot } from "./move.js";
import { announce } from "./ui.js";

const EDGE = 60;
const STEP = 14;

/** Lets cards be dragged within `board`; `columns` are its Column objects. */
export function draggable(board, columns) {
  let dragged = null;

  board.addEventListener("dragstart", (event) => {
    const link = event.target.closest?.(".card");
    if (!link) return;
    dragged = store.cards.get(Number(link.parentElement.dataset.id));
    event.dataTransfer.setData("text/plain", `#${dragged.id} ${dragged.title}`);
    event.dataTransfer.effectAllowed = "move";
    link.classList.add("dragged");
    for (const column of columns()) {
      const refusal = whyNot(dragged, column.status);
      column.element.dataset.drop = column.status === dragged.status ? "home" : refusal ? "no" : "yes";
      column.note.textContent = refusal ?? `Move to ${column.status}`;
    }
    announce(`#${dragged.id} may go to ${movesFrom(dragged.status).join(", ")}`);
  });

  const overColumn = (event) => {
    const over = event.target.closest?.(".column");
    for (const column of columns()) column.element.classList.toggle("over", column.element === over);
    return over;
  };

  board.addEventListener("dragenter", (event) => {
    if (dragged) overColumn(event);
  });

  board.addEventListener("dragover", (event) => {
    if (!dragged) return;
    scrollNear(board, event.clientX);
    const over = overColumn(event);
    if (over?.dataset.drop === "yes") {
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
    }
  });

  board.addEventListener("drop", (event) => {
    const over = event.target.closest?.(".column");
    if (!dragged || over?.dataset.drop !== "yes") return;
    event.preventDefault();
    moveTask(dragged.id, over.dataset.status);
  });

  board.addEventListener("dragend", () => {
    dragged = null;
    for (const card of board.querySelectorAll(".dragged")) card.classList.remove("dragged");
    for (const column of columns()) {
      delete column.element.dataset.drop;
      column.element.classList.remove("over");
    }
  });
}

function scrollNear(board, x) {
  const box = board.getBoundingClientRect();
  if (x < box.left + EDGE) board.scrollLeft -= STEP;
  else if (x > box.right - EDGE) board.scrollLeft += STEP;
}
