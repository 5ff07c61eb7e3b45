/** A card of the board: what tells a task from others at a glance. */

import { h, icon, put } from "./dom.js";
import { blockers, indexOf, isHeld } from "./store.js";
import { withParams } from "./router.js";

/** The list item of a card, to be filled by `fillCard`. */
export function makeCard(id) {
  const link = h("a", { class: "card", draggable: "true" });
  const move = h("button", { type: "button", class: "icon-button card-move", data: { needs: "write" } }, icon("more"));
  return h("li", { class: "slot", data: { id } }, link, move);
}

/** Shows the task as it now stands; the elements stay, and with them the focus. */
export function fillCard(item, card) {
  if (item.card === card) return;
  item.card = card;
  const [link, move] = item.children;
  const waits = blockers(card);
  link.href = withParams({ task: card.id });
  link.dataset.priority = card.priority;
  link.classList.toggle("pending", card.pending === true);
  move.setAttribute("aria-label", `Move #${card.id}`);
  put(link,
    h("span", { class: "card-top" },
      h("span", { class: `kind kind-${card.type.toLowerCase()}`, title: card.type }, icon(card.type === "Bug" ? "bug" : "feature"), h("span", { class: "visually-hidden" }, card.type)),
      h("span", { class: "number" }, `#${card.id}`),
      priority(card.priority)),
    h("span", { class: "card-title" }, card.title),
    h("span", { class: "card-foot" },
      waits.length ? h("span", { class: "mark blocked", title: `Waits for ${waits.map((id) => `#${id}`).join(", ")}` }, icon("lock"), h("span", { class: "visually-hidden" }, "waits for "), waits.length > 1 ? `${waits.length} tasks` : `#${waits[0]}`) : null,
      card.criteria ? h("span", { class: `mark ${card.criteria === card.criteria_checked ? "met" : ""}`, title: `${card.criteria_checked} of ${card.criteria} criteria are met` }, icon("check"), `${card.criteria_checked}/${card.criteria}`, h("span", { class: "visually-hidden" }, " criteria met")) : null,
      card.notes_count ? h("span", { class: "mark", title: "Notes" }, icon("note"), card.notes_count, h("span", { class: "visually-hidden" }, " notes")) : null,
      h("span", { class: "grow" }),
      isHeld(card) ? person(card.claimed_by) : null));
}

/** How urgent it is, in colour and in words. */
export function priority(name) {
  return h("span", { class: "priority", data: { priority: name } }, name);
}

/** Who works on it: initials in a colour of their own, the name for who asks. */
export function person(name, { full = false } = {}) {
  const words = name.replace(/^claude-code:/, "c ").split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const initials = (words.length > 1 ? words[0][0] + words[1][0] : (words[0] ?? "?").slice(0, 2)).toUpperCase();
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  return h("span", { class: "person", title: `Claimed by ${name}` },
    h("span", { class: "face", "aria-hidden": "true", style: { "--hue": hue } }, initials),
    full ? h("span", {}, name) : h("span", { class: "visually-hidden" }, `claimed by ${name}`));
}

/** A status with its colour, which follows its place on the board. */
export function statusPill(name) {
  return h("span", { class: "status", data: { index: indexOf(name) } }, h("span", { class: "dot", "aria-hidden": "true" }), name);
}
