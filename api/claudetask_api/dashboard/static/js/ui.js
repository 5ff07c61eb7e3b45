/** What pages share: messages, dialogs, menus, times. */

import { append, h, icon, put } from "./dom.js";

const TOAST_SECONDS = 7;
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** The dialog that is open over everything else, or null. */
function topDialog() {
  return [...document.querySelectorAll("dialog[open]")].at(-1) ?? null;
}

/** What is said stands in the dialog that is open: outside of it nothing can be pressed, nor is it read out. */
function speakThere() {
  const place = topDialog() ?? document.body;
  for (const region of [document.getElementById("live"), document.getElementById("toasts")]) {
    if (region.parentElement !== place) place.append(region);
  }
}

const resters = new Set(); // buttons that cannot have the focus now and will have it again

/** Puts the focus on the first of these that can have it, where what had it is gone: a keyboard goes on from there. */
export function refocus(...places) {
  if ([...resters].some((button) => button.isConnected)) return;
  const holder = document.activeElement;
  if (holder && holder !== document.body && holder.checkVisibility() && !holder.matches(":disabled")) return;
  for (const place of [...places, topDialog()?.querySelector("h2"), document.getElementById("main")]) {
    place?.focus();
    if (place && document.activeElement === place) return;
  }
}

/**
 * Has a button rest while `work` goes on: a second press would do it twice. It has the focus again
 * afterwards, or what stands `instead` of it.
 */
export async function resting(button, work, instead = () => null) {
  const focused = document.activeElement === button;
  button.disabled = true;
  if (focused) resters.add(button);
  try {
    return await work();
  } finally {
    button.disabled = false;
    resters.delete(button);
    if (focused) refocus(button, instead());
  }
}

/** Says something to a screen reader. */
export function announce(text) {
  const live = document.getElementById("live");
  speakThere();
  live.textContent = "";
  requestAnimationFrame(() => {
    live.textContent = text;
  });
}

/** A message that goes by itself; `kind` is info, good or bad. */
export function toast(text, kind = "info", action = null) {
  const close = () => {
    const focused = box.contains(document.activeElement);
    box.remove();
    if (focused) refocus();
  };
  const box = h("div", { class: `toast ${kind}`, role: kind === "bad" ? "alert" : "status" }, h("p", {}, text));
  if (action) append(box, [h("button", { type: "button", on: { click: () => (close(), action.run()) } }, action.name)]);
  append(box, [h("button", { type: "button", class: "icon-button", "aria-label": "Close message", on: { click: close } }, icon("close"))]);
  document.getElementById("toasts").append(box);
  speakThere();
  raiseToasts();
  const later = () => setTimeout(() => (box.matches(":hover, :focus-within") ? later() : close()), TOAST_SECONDS * 1000);
  if (kind !== "bad") later();
}

/** Over an open dialog a message is seen only if it is in the top layer too. */
function raiseToasts() {
  const toasts = document.getElementById("toasts");
  if (!toasts.showPopover || !toasts.childElementCount) return;
  toasts.popover = "manual";
  if (toasts.matches(":popover-open")) toasts.hidePopover();
  toasts.showPopover();
}

/** Tells what went wrong, and lets a bug of ours be seen. */
export function fail(error) {
  if (error.code === undefined) console.error(error);
  toast(error.code === undefined ? "Something went wrong on this page. Reload it and try again." : error.message, "bad");
}

/** A listener that shows what its work was refused with. */
export function guarded(work) {
  return async (event) => {
    try {
      await work(event);
    } catch (error) {
      fail(error);
    }
  };
}

/**
 * A dialog over the page. `build(close)` answers what it holds; the promise ends with what was
 * given to `close`, or null where it was left.
 */
export function dialog(title, build, { wide = false, side = false, kind = "" } = {}) {
  const heading = h("h2", { id: `dialog-${(dialog.count = (dialog.count ?? 0) + 1)}`, tabindex: "-1" }, title);
  const box = h("dialog", { class: `dialog ${wide ? "wide" : ""} ${side ? "side" : ""} ${kind}`, "aria-labelledby": heading.id });
  let result = null;
  const close = (value = null) => {
    result = value;
    box.close();
  };
  const closer = h("button", { type: "button", class: "icon-button", "aria-label": "Close", on: { click: () => close() } }, icon("close"));
  append(box, [h("header", { class: "dialog-head" }, heading, closer), h("div", { class: "dialog-body" }, build(close, box, heading))]);
  box.addEventListener("click", (event) => {
    if (event.target === box && !box.matches(":has(form)")) close();
  });
  document.body.append(box);
  box.showModal();
  speakThere();
  raiseToasts();
  if (!box.querySelector("[autofocus]")) heading.focus();
  return new Promise((done) => {
    box.addEventListener("close", () => {
      speakThere();
      raiseToasts();
      box.remove();
      done(result);
    });
  });
}

/** Asks before something that cannot be undone; true where the person agrees. */
export async function confirm(title, text, action) {
  const agreed = await dialog(title, (close) => [
    h("p", {}, text),
    h("div", { class: "actions" },
      h("button", { type: "button", on: { click: () => close(false) } }, "Cancel"),
      h("button", { type: "button", class: "danger", on: { click: () => close(true) } }, action)),
  ], { kind: "small" });
  return agreed === true;
}

/** A menu below a button: arrows walk, Enter takes, Escape leaves to where one was. `items` are {name, run, hint}. */
export function menu(anchor, title, items) {
  const from = document.activeElement;
  document.querySelector(".menu")?.remove();
  const list = h("div", { class: "menu", role: "menu", "aria-label": title, popover: "auto" });
  append(list, [
    h("p", { class: "menu-title", role: "presentation" }, title),
    items.map((item, index) => h("button", {
      type: "button",
      role: "menuitem",
      tabindex: index ? "-1" : "0",
      on: { click: () => (leave(), item.run()) },
    }, item.mark ?? null, h("span", {}, item.name), item.hint ? h("span", { class: "hint" }, item.hint) : null)),
  ]);
  const leave = () => {
    list.remove();
    from.focus();
    refocus(anchor);
  };
  list.addEventListener("toggle", (event) => {
    if (event.newState === "closed") list.remove();
  });
  list.addEventListener("keydown", (event) => {
    const all = [...list.querySelectorAll("[role=menuitem]")];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all[(to + all.length) % all.length]?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      leave();
    }
  });
  (anchor.closest("dialog, main") ?? document.body).append(list);
  list.showPopover();
  place(list, anchor);
  list.querySelector("[role=menuitem]")?.focus();
}

function place(list, anchor) {
  const at = anchor.getBoundingClientRect();
  const size = list.getBoundingClientRect();
  const below = at.bottom + size.height < innerHeight;
  list.style.setProperty("top", `${Math.max(8, below ? at.bottom + 4 : at.top - size.height - 4)}px`);
  list.style.setProperty("left", `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`);
}

/** A moment, as long ago as it is; the exact time is its title. */
export function ago(text) {
  const then = new Date(text);
  return h("time", { datetime: text, title: exact.format(then) }, since(then));
}

function since(then) {
  const seconds = (then - Date.now()) / 1000;
  for (const [unit, size] of UNITS) if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  return "just now";
}

/** A length of time in its two largest units, such as `2 d 4 h`. */
export function lasting(seconds) {
  if (seconds === null) return "–";
  const parts = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = parts.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "under 1 s";
  const [unit, size] = parts[first];
  const whole = Math.floor(seconds / size);
  const next = parts[first + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  return rest && whole < 10 ? `${whole} ${unit} ${rest} ${next[0]}` : `${whole} ${unit}`;
}

/** A field of a form with its label. */
export function field(label, control, hint = null) {
  control.id ||= `field-${(field.count = (field.count ?? 0) + 1)}`;
  const said = hint ? h("span", { class: "hint", id: `${control.id}-hint` }, hint) : null;
  if (said) control.setAttribute("aria-describedby", said.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, said);
}

/** Has a box say that its text is more than the server takes; `maxlength` would cut what is pasted, without a word. */
export function bounded(box, { kib, characters }) {
  const measure = () => {
    const text = box.value.trim();
    const more = kib ? new TextEncoder().encode(text).length - kib * 1024 : [...text].length - characters;
    const said = kib ? `At most ${kib} KiB; this is ${more} bytes more.` : `At most ${characters} characters; these are ${more} more.`;
    box.setCustomValidity(more > 0 ? said : "");
  };
  box.addEventListener("input", measure);
  measure();
  return box;
}

export function select(options, value, props = {}) {
  return h("select", props, options.map((one) => {
    const [key, name] = Array.isArray(one) ? one : [one, one];
    return h("option", { value: key, selected: key === value }, name);
  }));
}

export function empty(title, text, ...more) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), text ? h("p", {}, text) : null, more);
}

export function busy(element, text = "Loading…") {
  return put(element, h("p", { class: "loading", role: "status" }, text));
}

/** How to scroll: at once for who asked their system for less motion. */
export function scrolling() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}

export function debounce(work, milliseconds) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), milliseconds);
  };
}
