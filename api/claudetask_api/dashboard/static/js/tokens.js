/** The tokens of persons and programs, for who may do everything: made, shown once, revoked. */

import { may } from "./access.js";
import { get, post, remove, signed, useToken } from "./api.js";
import { h, icon, put } from "./dom.js";
import { ago, announce, confirm, dialog, field, guarded, select, toast } from "./ui.js";

const DAY = 86_400;
const SCOPES = [["read", "read: look at everything"], ["write", "write: tasks, notes, analyses"], ["admin", "admin: everything, tokens too"]];
const LASTS = [["", "until it is revoked"], [30 * DAY, "30 days"], [90 * DAY, "90 days"], [365 * DAY, "a year"]];
const COPIED_SECONDS = 2;

export class Tokens {
  constructor() {
    this.list = h("ul", { class: "tokens", "aria-label": "Tokens" });
    this.hint = h("p", { class: "hint" });
    this.error = h("div", { role: "alert" });
    this.name = h("input", { type: "text", required: true, maxlength: 40, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", autocomplete: "off", spellcheck: "false" });
    this.scope = select(SCOPES, "write");
    this.scope.addEventListener("change", () => { this.chosen = true; });
    this.lasts = select(LASTS, "");
    this.element = h("section", { class: "panel", hidden: true }, h("h2", {}, "Tokens"), this.hint, this.list,
      h("form", { class: "token-form", on: { submit: guarded((event) => this.make(event)) } }, this.error,
        h("div", { class: "row" }, field("Whose", this.name, "Letters, digits, . _ -"), field("Scope", this.scope), field("Lasts", this.lasts)),
        h("div", { class: "actions" }, h("button", { type: "submit" }, "Make a token"))));
  }

  /** Shows them, to who may see them. */
  async read() {
    this.element.hidden = !may("admin");
    if (this.element.hidden) return;
    const first = !signed.me?.signed_in;
    put(this.hint, first
      ? "Nobody needs a token here yet. From the first one on everybody does, this page too: begin with your own, with the scope admin."
      : "Who calls with a token is named by it in every change. A secret is shown once, when it is made.");
    if (first && !this.chosen) this.scope.value = "admin";
    const found = await get("/api/tokens");
    put(this.list, found.map((token) => this.line(token)));
    this.element.dataset.count = found.length;
  }

  line(token) {
    const mine = token.name === signed.me?.name;
    const facts = [["made ", ago(token.created_at), ` by ${token.created_by}`], token.last_used_at ? ["last used ", ago(token.last_used_at)] : "never used"];
    if (token.expires_at) facts.push([token.state === "expired" ? "expired " : "expires ", ago(token.expires_at)]);
    return h("li", { data: { name: token.name } },
      h("p", { class: "token-name" }, h("strong", {}, `@${token.name}`), h("span", { class: "tag" }, token.scope),
        mine ? h("span", { class: "tag" }, "this tab’s") : null, token.state === "living" ? null : h("span", { class: "tag job-failed" }, token.state)),
      h("p", { class: "hint" }, facts.flatMap((fact, index) => (index ? [" · ", fact] : [fact]))),
      h("button", { type: "button", "aria-label": `Revoke ${token.name}`, on: { click: guarded(() => this.revoke(token, mine)) } }, "Revoke"));
  }

  async make(event) {
    event.preventDefault();
    put(this.error);
    const wanted = { name: this.name.value.trim(), scope: this.scope.value };
    if (this.lasts.value) wanted.expires_seconds = Number(this.lasts.value);
    const first = !signed.me?.signed_in;
    if (first && wanted.scope !== "admin" && !(await confirm("Begin with this one?", "From now on everybody needs a token, and more of them could be made only by claudetask-mcp token create.", "Make it"))) return;
    let made;
    try {
      made = await post("/api/tokens", wanted);
    } catch (error) {
      if (error.code === undefined) throw error;
      put(this.error, h("p", { class: "problem error" }, error.message));
      return;
    }
    // The server asks for one from now on; with none at hand the page could not even be left.
    if (first) useToken(made.secret);
    this.name.value = "";
    await shown(made, first);
    if (first) location.reload();
    else await this.read();
  }

  async revoke(token, mine) {
    const text = mine ? "This tab uses it: you will be asked for another one at once." : "Whoever calls with it is refused at once, and its open streams end.";
    if (!(await confirm(`Revoke @${token.name}`, text, "Revoke"))) return;
    await remove(`/api/tokens/${encodeURIComponent(token.name)}`);
    toast(`@${token.name} is revoked.`, "good");
    await this.read();
    this.name.focus();
  }
}

/** The secret, until the dialog is closed. */
function shown(made, used) {
  return dialog(`The token of ${made.name}`, (close) => {
    const secret = h("input", { type: "text", readonly: true, class: "mono", value: made.secret, autofocus: true, spellcheck: "false", on: { focus: () => secret.select() } });
    const said = h("span", {}, "Copy");
    const copy = h("button", { type: "button", class: "primary", on: { click: guarded(() => copied(secret, said)) } }, icon("copy"), said);
    return [
      h("p", {}, "Keep it now: it cannot be shown again. Clients send it as ", h("code", {}, "Authorization: Bearer …"), "."),
      field("Secret", secret),
      used ? h("p", { class: "hint" }, "This tab uses it from now on.") : null,
      h("div", { class: "actions" }, copy, h("button", { type: "button", on: { click: () => close() } }, "Done")),
    ];
  }, { kind: "small" });
}

async function copied(box, said) {
  box.select();
  // Outside of https and loopback browsers offer no clipboard to a page; the selection can be copied.
  if (!navigator.clipboard) throw Object.assign(new Error("This browser does not let the page copy here. It is selected: press Ctrl+C."), { code: "no_clipboard" });
  await navigator.clipboard.writeText(box.value);
  said.textContent = "Copied";
  announce("Copied");
  setTimeout(() => (said.textContent = "Copy"), COPIED_SECONDS * 1000);
}
