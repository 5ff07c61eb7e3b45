/** The branch of a task: its commits and what they changed, as git says now. */

import { get } from "./api.js";
import { h, icon, put } from "./dom.js";
import { part } from "./part.js";
import { address } from "./router.js";
import { ago } from "./ui.js";

const HASH = 9;

export class Branch {
  constructor(view) {
    this.view = view;
    this.said = h("p", { class: "hint" });
    this.commits = h("ul", { class: "commits", "aria-label": "Commits" });
    this.files = h("ul", { class: "files", "aria-label": "Changed files" });
    this.element = part("Branch and commits", this.said, this.commits, this.files);
    this.element.classList.add("branch");
    this.element.hidden = true;
  }

  async show() {
    const branch = await get(`/api/tasks/${this.view.id}/branch`);
    this.element.hidden = branch.state === "none";
    put(this.said, icon("branch"), h("span", { class: "mono" }, branch.name), ` ${standing(branch)}`);
    put(this.commits, branch.commits.map(line), branch.more_commits ? h("li", { class: "hint" }, "and older ones") : null);
    put(this.files, branch.files.map((path) => h("li", {}, fileLink(path))), branch.more_files ? h("li", { class: "hint" }, "and more files") : null);
  }
}

/** Where a branch stands, in words. */
function standing(branch) {
  const place = branch.worktree ? `, checked out in ${branch.worktree}` : "";
  const count = `${branch.commits.length}${branch.more_commits ? "+" : ""} ${branch.commits.length === 1 ? "commit" : "commits"}`;
  switch (branch.state) {
    case "missing":
      return "is no branch that git knows";
    case "unknown":
      return "(git does not answer)";
    case "trunk":
      return `is what the others go into${place}`;
    case "merged":
      return `was merged into ${branch.trunk} (${count})${place}`;
    default:
      return (branch.trunk ? `${count} that ${branch.trunk} has not` : count) + place;
  }
}

function line(commit) {
  return h("li", {}, h("span", { class: "mono" }, commit.hash.slice(0, HASH)), ` ${commit.subject}`, h("span", { class: "hint" }, ` ${commit.author}`, commit.at ? [" ", ago(commit.at)] : null));
}

/** A file's name, which leads to a search of what is in it. */
export function fileLink(path) {
  return h("a", { href: address("search", { query: path.split("/").pop(), path }) }, path);
}
