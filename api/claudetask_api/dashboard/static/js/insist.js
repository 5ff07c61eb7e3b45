/** A refusal that a reason overrides: another holds the task. */

import { h } from "./dom.js";
import { dialog, field } from "./ui.js";

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
  return dialog(title, (close) => {
    const box = h("textarea", { rows: 2, maxlength: 1000, required: true });
    return [
      h("p", { class: "reason" }, `It is claimed by ${error.problem.claimed_by}, who may be at work on it.`),
      h("form", { on: { submit: (event) => (event.preventDefault(), close(box.value.trim())) } },
        field("Reason to do it all the same", box, "It stands in the history beside the change."),
        h("div", { class: "actions" },
          h("button", { type: "button", on: { click: () => close() } }, "Leave it"),
          h("button", { type: "submit", class: "danger" }, action))),
    ];
  }, { kind: "small" });
}
