/** An analysis by Claude: started, followed, cancelled, read. */

import { after, get, post, remove } from "./api.js";
import { h, put } from "./dom.js";
import { on } from "./live.js";
import { render } from "./markdown.js";
import { part } from "./part.js";
import { ago, guarded } from "./ui.js";

const POLL = 1000;
export const ACTIVE = new Set(["queued", "running"]);

export class Analysis {
  constructor(view) {
    this.view = view;
    this.state = h("div", { class: "job-state", "aria-live": "polite" });
    this.text = h("div", {});
    this.button = h("button", { type: "button", data: { needs: "write" }, on: { click: guarded(() => this.start()) } }, "Run analysis");
    this.element = part(["Analysis ", this.button], this.state, this.text);
    this.drawn = null;
    this.following = false;
    this.open = true;
    this.stop = on("job", () => this.follow());
    this.follow();
  }

  close() {
    this.open = false;
    this.stop();
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
    this.button.disabled = true;
    try {
      this.draw(await post(`/api/tasks/${this.view.id}/analyze`));
      this.follow();
    } finally {
      this.button.disabled = false;
    }
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
    const active = Boolean(job) && ACTIVE.has(job.status);
    this.button.hidden = active;
    if (!job) return put(this.state);
    if (active) return put(this.state, jobLine(job));
    return put(this.state, job.status === "succeeded" ? null : h("p", { class: "problem warning" }, `The last analysis ${job.status === "failed" ? "failed" : `was ${job.status}`} `, ago(job.finished_at), job.error ? `: ${job.error}` : "."));
  }
}

/** How far a job is, and how to end it. */
export function jobLine(job) {
  return h("div", { class: "job-line" },
    h("progress", { max: 1, value: job.progress, "aria-label": `Progress of the analysis of #${job.task_id}` }),
    h("span", { class: "grow" }, job.message),
    h("button", { type: "button", data: { needs: "write" }, on: { click: guarded(() => remove(`/api/jobs/${job.id}`)) } }, "Cancel"));
}
