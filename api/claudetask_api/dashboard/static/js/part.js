/** A part of a task: a heading, and what stands below it. */

import { append, h } from "./dom.js";

export function part(title, ...more) {
  const heading = h("h3", {}, title);
  return append(h("section", { class: "part" }), [heading, more]);
}
