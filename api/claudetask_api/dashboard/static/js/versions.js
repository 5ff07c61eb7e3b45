/** Kept copies of a file, and the way back to one. */

import { get, post } from "./api.js";
import { h } from "./dom.js";
import { ago, dialog, guarded } from "./ui.js";

/** Shows the copies kept under `path`; true where one was put back. */
export async function versions(path, what) {
  const kept = await get(`${path}/versions`);
  return await dialog(`Former versions of ${what}`, (close) => kept.length
    ? [h("p", { class: "hint" }, "A copy is kept before every write. What stands there now is kept too when one is put back."),
        h("ul", { class: "version-list" }, kept.map((one) => h("li", {},
          h("span", {}, ago(one.kept_at)), h("span", { class: "hint" }, `${one.size} bytes`), h("code", { class: "hint" }, one.hash.slice(0, 8)),
          h("button", { type: "button", data: { needs: "admin" }, on: { click: guarded(async () => (await post(`${path}/restore`, { version: one.version }), close(true))) } }, "Put back"))))]
    : h("p", { class: "hint" }, "None is kept yet: nothing was written over."), { kind: "small" }) === true;
}
