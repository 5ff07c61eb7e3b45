/** Two charts as SVG: areas that stand on each other over days, and bars of lengths of time. */

import { h, s } from "./dom.js";
import { lasting } from "./ui.js";

const WIDEST = 760;
const NARROWEST = 280;
const HEIGHT = 280;
const LEFT = 36;
const BOTTOM = 24;
const TOP = 8;
const TICKS = 4;
const LABEL = 120;
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });

/** Stacked areas: `series` are {name, index, values}, the first on top; `room` is how wide it may be. */
export function areas(dates, series, title, room) {
  const width = Math.max(NARROWEST, Math.min(WIDEST, room));
  const totals = dates.map((_, at) => series.reduce((sum, one) => sum + one.values[at], 0));
  const top = niceTop(Math.max(1, ...totals));
  const x = (at) => LEFT + (dates.length > 1 ? (at / (dates.length - 1)) * (width - LEFT - 8) : 0);
  const y = (value) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const base = dates.map(() => 0);
  const layers = [...series].reverse().map((one) => {
    const lower = base.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).reverse();
    one.values.forEach((value, at) => {
      base[at] += value;
    });
    const upper = base.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
    return s("polygon", { class: "area", "data-index": one.index, points: [...upper, ...lower].join(" ") }, s("title", {}, one.name));
  });
  return s("svg", { class: "chart", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": title },
    grid(top, y, width), layers, dates.map((date, at) => label(date, at, dates.length, x, width)));
}

function grid(top, y, width) {
  return Array.from({ length: TICKS + 1 }, (_, n) => (top / TICKS) * n).map((value) => s("g", {},
    s("line", { class: "grid-line", x1: LEFT, x2: width - 8, y1: y(value), y2: y(value) }),
    s("text", { class: "axis", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, Math.round(value))));
}

function label(date, at, count, x, width) {
  const every = Math.max(1, Math.ceil(count / Math.floor(width / LABEL)));
  if ((count - 1 - at) % every) return null;
  return s("text", { class: "axis", x: x(at), y: HEIGHT - 6, "text-anchor": at === count - 1 ? "end" : at === 0 ? "start" : "middle" }, day.format(new Date(date)));
}

/** A round number of at least `value` that the ticks part into round numbers. */
function niceTop(value) {
  const size = 10 ** Math.floor(Math.log10(Math.max(1, value / TICKS)));
  return TICKS * size * [1, 2, 3, 4, 5, 6, 8, 10].find((factor) => TICKS * size * factor >= value);
}

/** Bars with a mark where 85 of 100 have ended: rows are {name, index, median, p85, count}. */
export function bars(rows) {
  const longest = Math.max(1, ...rows.map((row) => row.p85 ?? 0));
  const share = (seconds) => Math.sqrt((seconds ?? 0) / longest);
  return h("ul", { class: "bars" }, rows.map((row) => h("li", {},
    h("span", { class: "bar-name" }, row.name),
    h("span", { class: "bar-track" },
      h("span", { class: "bar-p85", data: { index: row.index }, style: { "--share": share(row.p85) } }),
      h("span", { class: "bar", data: { index: row.index }, style: { "--share": share(row.median) } })),
    h("span", { class: "bar-value" }, row.count ? [h("strong", {}, lasting(row.median)), h("span", { class: "hint" }, ` · 85 % in ${lasting(row.p85)} · ${row.count}×`)] : h("span", { class: "hint" }, "no stay ended")))));
}

/** The same figures for who reads rather than looks. */
export function table(caption, head, rows) {
  return h("details", { class: "figures" }, h("summary", {}, "As a table"),
    h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": caption },
      h("table", {}, h("caption", { class: "visually-hidden" }, caption),
        h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), rest.map((value) => h("td", {}, value))))))));
}
