/** Markdown: the server makes trees of harmless elements, this makes elements of the trees. */

import { post } from "./api.js";
import { h } from "./dom.js";

const TAGS = new Set("a blockquote br code del em h1 h2 h3 h4 h5 h6 hr li ol p pre strong table tbody td th thead tr ul".split(" "));
const SAFE = /^(https?|mailto):/i;
const TASK = /(?<![\w#&])#(\d{1,9})\b/g;
const LOWER = 3; // a heading of a text stands below those of the page

const AT_ONCE = 200; // texts that the server takes in one request
const ROOM = 1_000_000; // bytes of JSON, a little less than it takes

/** An element for each text. */
export async function render(texts) {
  const rendered = [];
  for (const some of portions(texts)) {
    const { documents } = await post("/api/markdown", { texts: some });
    rendered.push(...documents.map((nodes) => h("div", { class: "prose" }, nodes.map((node) => build(node, true)))));
  }
  return rendered;
}

/** The texts in as many parts as there are requests to make. */
function portions(texts) {
  const parts = [];
  let room = 0;
  for (const text of texts) {
    const size = new Blob([JSON.stringify(text)]).size + 1;
    if (!parts.length || size > room || parts.at(-1).length === AT_ONCE) {
      parts.push([]);
      room = ROOM;
    }
    parts.at(-1).push(text);
    room -= size;
  }
  return parts;
}

function build(node, links) {
  if (typeof node === "string") return links ? linked(node) : node;
  if (!TAGS.has(node.tag)) return node.children.map((child) => build(child, links));
  const tag = /^h[1-6]$/.test(node.tag) ? `h${Math.min(6, Number(node.tag[1]) + LOWER - 1)}` : node.tag;
  const inner = node.children.map((child) => build(child, links && !["a", "code", "pre"].includes(tag)));
  if (tag === "a") return SAFE.test(node.href ?? "") ? h("a", { href: node.href, rel: "noreferrer noopener", target: "_blank" }, inner) : h("span", {}, inner);
  if (tag === "table") return h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Table" }, h("table", {}, inner));
  if (tag === "pre") return h("pre", { tabindex: "0" }, inner);
  return h(tag, { start: node.start }, inner);
}

/** `#12` in a text leads to task 12. */
function linked(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(TASK)) {
    parts.push(text.slice(at, found.index), h("a", { href: `#/task/${found[1]}` }, found[0]));
    at = found.index + found[0].length;
  }
  return [...parts, text.slice(at)];
}
