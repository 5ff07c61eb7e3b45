/** A refusal that a reason overrides: another holds the task. */

import { h } from "./dom.js";
import { bounded, dialog, field } from "./ui.js";

const KIB = 4;

/**
 * Carries out `attempt(reason)`, first without a reason; where another's claim is in the way, a
 * person may give one. Answers whether it was carried out.
 */
export async function insisting(attempt, title, action) {
  try {
    await attempt(undefined);
    return true;
  } catch (error) {
    if (error.code !== "claimed") throw error;
    const reason = await whyAnyway(title, action, error);
    if (!reason) return false;
    await attempt(reason);
    return true;
  }
}

function whyAnyway(title, action, error) {
  return dialog(title, (close) => [
    h("p", { class: "reason" }, `It is claimed by ${error.problem.claimed_by}, who may be at work on it.`),
    reasonForm(close, "Reason to do it all the same", "It stands in the history beside the change.", action,
      h("button", { type: "button", on: { click: () => close() } }, "Leave it")),
  ], { kind: "small" });
}

/** Takes a reason and closes the dialog with it; `others` are buttons beside the one that sends it. */
export function reasonForm(close, label, hint, action, ...others) {
  const box = bounded(h("textarea", { rows: 2, required: true }), { kib: KIB });
  return h("form", { on: { submit: (event) => (event.preventDefault(), close(box.value.trim())) } },
    field(label, box, hint),
    h("div", { class: "actions" }, ...others, h("button", { type: "submit", class: "danger" }, action)));
}
