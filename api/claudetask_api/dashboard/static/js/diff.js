/** A unified diff, line by line. */

import { h } from "./dom.js";

const KINDS = { "+": "added", "-": "removed", "@": "hunk" };

export function diffView(text) {
  const lines = text.split("\n").filter((line) => !/^(---|\+\+\+) /.test(line));
  if (lines.at(-1) === "") lines.pop();
  return h("pre", { class: "diff", tabindex: "0", "aria-label": "Changes" }, lines.map((line) => h("span", { class: `line ${KINDS[line[0]] ?? ""}` }, `${line}\n`)));
}
