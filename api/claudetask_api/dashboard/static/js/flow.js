/** How tasks flow: what stands where over the days, and how long it stays. */

import { get } from "./api.js";
import { areas, bars, table } from "./chart.js";
import { h, put } from "./dom.js";
import { on } from "./live.js";
import { here, setParams } from "./router.js";
import { indexOf, statuses } from "./store.js";
import { debounce, fail, lasting, select } from "./ui.js";

const GATHER = 1000;
const PADDING = 42; // of the panel around a chart
const SPANS = [["14", "14 days"], ["30", "30 days"], ["90", "90 days"], ["365", "a year"]];

export function open(main) {
  const days = select(SPANS, here().params.get("days") ?? "30", { "aria-label": "Span", on: { change: () => setParams({ days: days.value }, { quietly: true }) } });
  const body = h("div", { class: "flow" });
  put(main, h("div", { class: "page-head" }, h("h1", {}, "Flow"), h("span", { class: "grow" }), days), body);
  let drawn = null;
  const read = async () => {
    const flow = await get("/api/flow", { days: here().params.get("days") ?? "30" });
    const said = JSON.stringify([flow, statuses(), body.clientWidth]);
    if (said !== drawn) draw(body, flow); // the same again would take a selection or a click away
    drawn = said;
  };
  const again = () => read().catch(fail);
  again();
  const stops = [on("task", debounce(again, GATHER)), on("connected", again)];
  addEventListener("routed", again);
  const narrow = matchMedia("(max-width: 760px)");
  narrow.addEventListener("change", again);
  return () => {
    stops.forEach((stop) => stop());
    narrow.removeEventListener("change", again);
    removeEventListener("routed", again);
  };
}

function draw(body, flow) {
  const open = [...body.querySelectorAll("details")].map((one) => one.open);
  const names = statuses();
  const series = names.map((name) => ({ name, index: indexOf(name), values: flow.days.map((one) => one.counts[name] ?? 0) }));
  const span = `${flow.days.length} days`;
  put(body,
    h("div", { class: "figures-row" },
      figure("Done", flow.done, `in ${span}`),
      figure("From made to Done", lasting(flow.lead_median_seconds), "half of them are faster"),
      figure("Open now", series.slice(0, -1).reduce((sum, one) => sum + one.values.at(-1), 0), "not yet in the last column")),
    h("section", { class: "panel" }, h("h2", {}, "Tasks by status"),
      h("ul", { class: "legend" }, names.map((name) => h("li", { data: { index: indexOf(name) } }, h("span", { class: "dot", "aria-hidden": "true" }), name))),
      areas(flow.days.map((one) => one.date), series, `Tasks in each status at the end of each of ${span}`, body.clientWidth - PADDING),
      table("Tasks in each status at the end of each day", ["Day", ...names], [...flow.days].reverse().map((one) => [one.date, ...names.map((name) => one.counts[name] ?? 0)]))),
    h("section", { class: "panel" }, h("h2", {}, "Time in each status"), h("p", { class: "hint" }, `Half of the stays that ended in these ${span} were shorter than the bar.`),
      bars(flow.stays.map((one) => ({ name: one.status, index: indexOf(one.status), median: one.median_seconds, p85: one.p85_seconds, count: one.stays }))),
      table("Time in each status", ["Status", "Median", "85 % within", "Stays"], flow.stays.map((one) => [one.status, lasting(one.median_seconds), lasting(one.p85_seconds), one.stays]))));
  body.querySelectorAll("details").forEach((one, index) => {
    one.open = open[index] ?? false;
  });
}

function figure(name, value, note) {
  return h("div", { class: "figure" }, h("p", { class: "hint" }, name), h("p", { class: "figure-value" }, value), h("p", { class: "hint" }, note));
}
