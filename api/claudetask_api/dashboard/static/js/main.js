/** The frame around the pages: navigation, theme, connection, keys. */

import { may, signIn } from "./access.js";
import { askTokenWith, Offline } from "./api.js";
import { h, icon, put } from "./dom.js";
import { actOnce } from "./keys.js";
import { follow } from "./live.js";
import { isDark, prefs } from "./prefs.js";
import { here, onRoute, setPage, setParams } from "./router.js";
import { load, store, watch } from "./store.js";
import { showTask } from "./task.js";
import { newTask } from "./task_form.js";
import { announce, dialog, fail, field, toast } from "./ui.js";

const PAGES = [
  ["board", "Board", "board", () => import("./board.js")],
  ["search", "Code search", "search", () => import("./search.js")],
  ["agents", "Agents", "agents", () => import("./agents.js")],
  ["claude-md", "CLAUDE.md", "file", () => import("./claude_md.js")],
  ["activity", "Activity", "activity", () => import("./activity.js")],
  ["jobs", "Jobs", "jobs", () => import("./jobs.js")],
  ["flow", "Flow", "flow", () => import("./flow.js")],
  ["settings", "Settings", "settings", () => import("./settings.js")],
];
const KEYS = [
  ["/", "search"],
  ["n", "new task"],
  ["?", "this help"],
  ["← ↑ → ↓", "walk over the cards of the board"],
  ["Enter", "open the card"],
  ["m", "move the card: a menu of the allowed moves"],
  ["Shift ← →", "move the card to the next allowed column on that side"],
  ["Ctrl Enter", "send the form that is typed into"],
  ["Esc", "close"],
];

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const byId = (id) => document.getElementById(id);
let shown = null;
let begun = false;
let leave = () => {};

async function show(route) {
  if (route.page === "task" && route.rest[0]) {
    location.replace(`#/board?task=${encodeURIComponent(route.rest[0])}`);
    return;
  }
  const page = PAGES.find(([name]) => name === route.page);
  if (!page) {
    toast(`There is no page ${route.page.slice(0, 40)}: this is the board.`, "bad");
    setPage(PAGES[0][0]);
    return;
  }
  if (shown !== page[0]) {
    shown = page[0];
    const chosen = nav.contains(document.activeElement);
    const left = unfold(false) && chosen;
    for (const link of nav.querySelectorAll("a")) {
      if (link.dataset.page === shown) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${page[1]} · ClaudeTask`;
    const module = await page[3]().catch((error) => unloaded(page[0], error));
    if (shown !== page[0]) return;
    leave();
    leave = () => {};
    put(main);
    main.className = `page-${shown}`;
    leave = module.open(main, here) ?? leave;
    if (left) main.focus();
    announce(`${page[1]} page`);
  }
  dispatchEvent(new CustomEvent("routed"));
  showTask(taskOf(route.params.get("task")));
}

/** A page that could not be read is read when the server is back; of another version, by a reload alone. */
function unloaded(page, error) {
  if (shown === page) shown = null;
  if (!(error instanceof SyntaxError) && byId("link-state").dataset.state !== "connected") throw new Offline();
  console.warn(error);
  toast("The server has another version of this page by now. Reload it to go on.", "bad", { name: "Reload", run: () => location.reload() });
}

/** The number of the task that an address names; one that can be none is told of, and goes. */
function taskOf(text) {
  if (text === null) return null;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  toast(`There is no task ${text.slice(0, 40)}: a task has a number, such as 12.`, "bad");
  setParams({ task: null }, { quietly: true });
  return null;
}

function frame() {
  put(nav, PAGES.map(([name, title, symbol]) => h("a", { href: `#/${name}`, data: { page: name } }, icon(symbol), h("span", {}, title))),
    h("a", { href: "/docs", class: "nav-foot", rel: "noopener" }, icon("link"), h("span", {}, "API reference")));
  put(byId("menu"), icon("menu")).addEventListener("click", () => {
    unfold(nav.dataset.open !== "true");
    if (nav.dataset.open === "true") nav.querySelector("a").focus();
  });
  nav.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !unfold(false)) return;
    byId("menu").focus();
  });
  nav.addEventListener("click", (event) => event.target.closest("[aria-current]") && unfold(false) && main.focus());
  addEventListener("pointerdown", (event) => event.target.closest?.("#nav, #menu") || unfold(false));
  put(byId("theme"), icon("dark")).addEventListener("click", () => {
    prefs.theme = isDark() ? "light" : "dark";
    dressed();
  });
  put(byId("help"), icon("help")).addEventListener("click", help);
  byId("new-task").addEventListener("click", () => newTask());
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  dressed();
}

/** Opens or closes the menu that a narrow screen has its pages in; whether it was open. */
function unfold(open) {
  const was = nav.dataset.open === "true";
  nav.dataset.open = String(open);
  byId("menu").setAttribute("aria-expanded", String(open));
  return was;
}

function dressed() {
  put(byId("theme"), icon(isDark() ? "light" : "dark"));
}

function help() {
  const keys = h("input", { type: "checkbox", checked: prefs.keys, on: { change: () => (prefs.keys = keys.checked) } });
  dialog("Keyboard", () => [
    h("dl", { class: "keys" }, KEYS.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])),
    h("label", { class: "check" }, keys, "Single keys act (/ n ?)"),
  ], { kind: "small" });
}

addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (!prefs.keys || !begun || typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const act = { n: () => may("write") && newTask(), "?": help, "/": focusSearch }[event.key];
  if (!act) return;
  actOnce(event);
  act();
});

function focusSearch() {
  const box = main.querySelector("input[type=search]");
  if (box) box.focus();
  else location.hash = "#/search";
}

askTokenWith(async (refused) => {
  for (;;) {
    const typed = await dialog("This server wants its token", (close) => {
      const box = h("input", { type: "password", autocomplete: "current-password", autofocus: true, required: true });
      return h("form", { on: { submit: (event) => (event.preventDefault(), close(box.value.trim())) } },
        h("p", {}, refused ?? "Yours, or the server's own (CLAUDETASK_TOKEN). It is kept in this tab until you close it."),
        field("Token", box),
        h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Open the board")));
    }, { kind: "small" });
    if (typed) return typed;
  }
});

addEventListener("unhandledrejection", (event) => {
  if (event.reason?.name !== "AbortError") fail(event.reason ?? new Error("unknown"));
  event.preventDefault();
});

async function loaded() {
  await signIn();
  const event = await load();
  if (!begun) {
    begun = true;
    byId("new-task").disabled = false;
    onRoute((route) => show(route).catch(fail));
    await show(here());
  } else if (shown === null) show(here()).catch(fail);
  return event;
}

watch(() => {
  const name = store.project?.project_path.split(/[\\/]/).filter(Boolean).pop() ?? "";
  byId("project").textContent = name;
  byId("project").title = store.project?.project_path ?? "";
});

frame();
follow(loaded, (state) => {
  byId("link-state").dataset.state = state;
  byId("link-state").textContent = state === "connected" ? "Live" : begun ? "Reconnecting…" : "The server does not answer; trying again…";
});
