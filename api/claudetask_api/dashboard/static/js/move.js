/** Moves: which are offered, what a refusal says, and how a person can insist. */

import { lacks, may } from "./access.js";
import { get } from "./api.js";
import { statusPill } from "./card.js";
import { append, h } from "./dom.js";
import { reasonForm } from "./insist.js";
import { expect, indexOf, movesFrom, putStatus, refresh, store } from "./store.js";
import { announce, dialog, fail, menu, toast } from "./ui.js";

/** The refusals that a reason overrides. */
const OVERRIDABLE = new Set(["illegal_move", "claimed", "not_proven"]);

/** Why a card cannot go to a status, or null where it can. */
export function whyNot(card, status) {
  if (!may("write")) return lacks("write");
  const moves = movesFrom(card.status);
  if (card.status === status || moves.includes(status)) return null;
  return `From ${card.status} a task moves to ${moves.join(", ")}.`;
}

/** The menu of a card's allowed moves, in board order. */
export function moveMenu(card, anchor, moved = () => {}) {
  if (!may("write")) return;
  const moves = [...movesFrom(card.status)].sort((a, b) => indexOf(a) - indexOf(b));
  menu(anchor, `Move #${card.id} from ${card.status} to`, moves.map((status) => ({
    name: status,
    mark: h("span", { class: "dot", "aria-hidden": "true", data: { index: indexOf(status) } }),
    run: () => moveTask(card.id, status, null, card.status).then((done) => done && moved()),
  })));
}

/** The next status on one side (1 right, -1 left) that the card may move to, or null. */
export function nextOn(card, side) {
  if (!may("write")) return null;
  const at = indexOf(card.status);
  const there = movesFrom(card.status).map(indexOf).filter((index) => Math.sign(index - at) === side);
  if (!there.length) return null;
  const nearest = side > 0 ? Math.min(...there) : Math.max(...there);
  return store.workflow.statuses[nearest].name;
}

/**
 * Moves a task; true where it now stands there. Shows it at once, and takes it back if refused.
 * `from` is where the person saw it stand when they decided.
 */
export async function moveTask(id, status, reason = null, from = null) {
  const card = store.cards.get(id);
  if (!card || card.status === status) return false;
  if (from !== null && card.status !== from) {
    toast(movedMeanwhile(id, card.status), "bad");
    return false;
  }
  const settle = expect(card, status);
  try {
    await put(card, status, reason);
    announce(`#${id} is now in ${status}`);
    return true;
  } catch (error) {
    if (!OVERRIDABLE.has(error.code) || reason !== null) fail(error);
    else queueMicrotask(() => refused(card, status, error));
    return false;
  } finally {
    await settle();
  }
}

function movedMeanwhile(id, status) {
  return `#${id} was moved to ${status} meanwhile; nothing was changed.`;
}

/** Somebody may have changed the task meanwhile; if it stands where it was seen, that is no matter. */
async function put(card, status, reason) {
  const more = reason === null ? {} : { force_reason: reason };
  try {
    await putStatus(card, status, more);
  } catch (error) {
    if (error.status !== 412) throw error;
    const now = await get(`/api/tasks/${card.id}`);
    if (now.status !== card.status) {
      throw Object.assign(error, { message: movedMeanwhile(card.id, now.status) });
    }
    await putStatus(now, status, more);
  }
}

/** Says why, and takes a reason that overrides. */
async function refused(card, status, error) {
  const open = error.problem.open ?? [];
  const reason = await dialog(`#${card.id} was not moved`, (close) => [
    h("p", { class: "route" }, statusPill(card.status), "→", statusPill(status)),
    h("p", { class: "reason" }, error.message),
    open.length ? h("ul", { class: "open-points" }, open.map((one) => h("li", {}, one))) : null,
    h("details", {}, h("summary", {}, "Move it anyway"),
      reasonForm(close, "Reason", "It stands in the history beside the move.", `Force to ${status}`)),
    append(h("div", { class: "actions" }), [h("button", { type: "button", class: "primary", on: { click: () => close() } }, "Leave it where it is")]),
  ], { kind: "small" });
  if (!reason) return;
  if (await moveTask(card.id, status, reason)) toast(`#${card.id} was forced to ${status}.`, "good");
  await refresh([card.id]);
}
