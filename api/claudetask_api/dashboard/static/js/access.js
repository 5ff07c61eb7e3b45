/**
 * What the caller's token covers. A control that needs more says so with `data-needs`: it is shown,
 * since it tells what others can do here, but cannot be used, and its title says why.
 */

import { call, forget, signed } from "./api.js";
import { h, put } from "./dom.js";
import { confirm, guarded } from "./ui.js";

const ORDER = ["read", "write", "admin"];

/** Whether the caller may do what needs a scope; without tokens everybody may do everything. */
export function may(scope) {
  return !signed.me || ORDER.indexOf(signed.me.scope) >= ORDER.indexOf(scope);
}

/** Why the caller may not. */
export function lacks(scope) {
  return `This needs a token with the scope ${scope}; yours has ${signed.me?.scope}.`;
}

/** Asks the server whose token this is, and shows it. */
export async function signIn() {
  signed.me = await call("GET", "/api/me");
  apply(document.body);
  const { name, scope, signed_in } = signed.me;
  const shown = document.getElementById("me");
  put(shown, signed_in ? h("button", {
    type: "button",
    class: "quiet",
    title: "Use another token",
    on: { click: guarded(leave) },
  }, `${name ?? "the server's token"} · ${scope}`) : null);
  shown.hidden = !signed_in;
}

async function leave() {
  const agreed = await confirm("Use another token", "This tab forgets the one it has, and asks for another.", "Forget it");
  if (!agreed) return;
  forget();
  location.reload();
}

function apply(root) {
  const all = [...root.querySelectorAll("[data-needs]")];
  if (root.dataset?.needs) all.push(root);
  for (const element of all) refuse(element);
}

function refuse(element) {
  const { needs } = element.dataset;
  if (may(needs)) {
    allow(element);
    return;
  }
  element.dataset.refused ??= element.title;
  if (element.title !== lacks(needs)) element.title = lacks(needs);
  if (!("disabled" in element)) element.hidden = true;
  else if (!element.disabled) element.disabled = true;
}

/** Another token, with which the page goes on, may cover more. */
function allow(element) {
  if (element.dataset.refused === undefined) return;
  element.title = element.dataset.refused;
  delete element.dataset.refused;
  if ("disabled" in element) element.disabled = false;
  else element.hidden = false;
}

new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes) {
    if (type === "attributes" && target.dataset.needs) refuse(target);
    for (const node of addedNodes) if (node instanceof Element) apply(node);
  }
}).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled"] });
