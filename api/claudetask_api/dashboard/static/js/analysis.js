/** An analysis by Claude: started, followed, cancelled, read. */

import { after, get, post, remove } from "./api.js";
import { h, put } from "./dom.js";
import { on } from "./live.js";
import { render } from "./markdown.js";
import { part } from "./part.js";
import { ago, guarded, refocus, resting } from "./ui.js";

const POLL = 1000;
export const ACTIVE = new Set(["queued", "running"]);

export class Analysis {
  constructor(view) {
    this.view = view;
    this.state = h("div", { class: "job-state", "aria-live": "polite" });
    this.text = h("div", {});
    this.button = h("button", { type: "button", data: { needs: "write" }, on: { click: guarded(() => this.start()) } }, "Run analysis");
    this.element = part(["Analysis ", this.button], this.state, this.text);
    this.drawn = undefined; // an analysis that is null is to be drawn, too
    this.told = null; // the job that is shown, as text
    this.following = false;
    this.open = true;
    this.stops = ["job", "connected"].map((type) => on(type, () => this.follow()));
    this.follow();
  }

  close() {
    this.open = false;
    this.stops.forEach((stop) => stop());
  }

  async show() {
    const { analysis } = this.view.task;
    if (analysis === this.drawn) return;
    this.drawn = analysis;
    put(this.button, analysis ? "Run it again" : "Run analysis");
    const [text] = analysis ? await render([analysis]) : [h("p", { class: "hint" }, "Claude can study this task against the code, read-only, in the background.")];
    put(this.text, text);
  }

  async start() {
    const begin = async () => this.draw(await post(`/api/tasks/${this.view.id}/analyze`));
    await resting(this.button, begin, () => this.state.querySelector("button"));
    this.follow();
  }

  /** Looks at the newest job until it has ended; a job tells of its progress only if asked. */
  async follow() {
    if (this.following) return;
    this.following = true;
    try {
      while (this.open) {
        const [job] = await get("/api/jobs", { task_id: this.view.id, limit: 1 });
        this.draw(job);
        if (!job || !ACTIVE.has(job.status)) return;
        await after(POLL);
      }
    } catch {
      // The next event of a job looks again.
    } finally {
      this.following = false;
    }
  }

  draw(job) {
    const text = JSON.stringify(job ?? null);
    if (text === this.told) return; // made anew, a button would lose a click that has begun
    this.told = text;
    const active = Boolean(job) && ACTIVE.has(job.status);
    const focused = this.state.contains(document.activeElement);
    this.button.hidden = active;
    put(this.state, active ? jobLine(job) : outcome(job));
    if (focused) refocus(this.state.querySelector("button"), this.button);
  }
}

/** What became of the last analysis, where that is not what stands below it. */
function outcome(job) {
  if (!job || job.status === "succeeded") return null;
  return h("p", { class: "problem warning" }, `The last analysis ${job.status === "failed" ? "failed" : `was ${job.status}`} `, ago(job.finished_at), job.error ? `: ${job.error}` : ".");
}

/** How far a job is, and how to end it. */
export function jobLine(job) {
  return h("div", { class: "job-line" },
    h("progress", { max: 1, value: job.progress, "aria-label": `Progress of the analysis of #${job.task_id}` }),
    h("span", { class: "grow" }, job.message),
    h("button", { type: "button", data: { needs: "write" }, on: { click: guarded(() => remove(`/api/jobs/${job.id}`)) } }, "Cancel"));
}
