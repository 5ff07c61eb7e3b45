/** The jobs of all processes: what runs, what ran, what it cost. */

import { after, get } from "./api.js";
import { ACTIVE, jobLine } from "./analysis.js";
import { h, put } from "./dom.js";
import { on } from "./live.js";
import { withParams } from "./router.js";
import { store } from "./store.js";
import { ago, empty, fail, lasting, refocus } from "./ui.js";

const POLL = 1000;
const LIMIT = 100;

export function open(main) {
  const list = h("ul", { class: "jobs" });
  put(main, h("h1", {}, "Jobs"), h("p", { class: "hint" }, "Analyses by Claude, run in the background."), list);
  let opened = true;
  let following = false;
  let drawn = null;
  const show = (jobs) => {
    const text = JSON.stringify(jobs);
    if (text !== drawn) draw(list, jobs); // made anew, a button would lose a click that has begun
    drawn = text;
  };
  const follow = async () => {
    if (following) return;
    following = true;
    try {
      for (let more = true; more && opened; ) {
        const jobs = await get("/api/jobs", { limit: LIMIT });
        show(jobs);
        more = jobs.some((job) => ACTIVE.has(job.status));
        if (more) await after(POLL);
      }
    } finally {
      following = false;
    }
  };
  follow().catch(fail);
  const stops = ["job", "connected"].map((type) => on(type, () => follow().catch(fail)));
  return () => {
    opened = false;
    stops.forEach((stop) => stop());
  };
}

function draw(list, jobs) {
  const focused = document.activeElement?.closest?.(".jobs li")?.dataset.id;
  put(list, jobs.length ? jobs.map(item) : h("li", { class: "plain" }, empty("No jobs yet", "An analysis begins on a task's page, or when Claude Code calls analyze_task.")));
  if (!focused) return;
  const one = list.querySelector(`[data-id="${CSS.escape(focused)}"]`);
  refocus(one?.querySelector("button"), one?.querySelector("a"));
}

function item(job) {
  const title = store.cards.get(job.task_id)?.title ?? "";
  return h("li", { data: { id: job.id, status: job.status } },
    h("div", { class: "job-head" },
      h("span", { class: `tag job-${job.status}` }, job.status),
      h("a", { href: withParams({ task: job.task_id }) }, h("span", { class: "number" }, `#${job.task_id} `), title),
      h("span", { class: "grow" }), ago(job.created_at)),
    ACTIVE.has(job.status) ? jobLine(job) : h("p", { class: "hint" }, facts(job)),
    job.error ? h("p", { class: "problem warning" }, job.error) : null);
}

function facts(job) {
  const took = job.started_at && job.finished_at ? lasting((Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000) : null;
  return [job.kind, job.provider, took && `took ${took}`, job.turns !== null && `${job.turns} turns`, job.cost_usd !== null && `$${job.cost_usd.toFixed(3)}`].filter(Boolean).join(" · ");
}
