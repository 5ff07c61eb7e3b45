/** The cards of the board as they stand, kept up with everybody's changes. */

import { get, write } from "./api.js";
import { on } from "./live.js";

const BATCH = 200;
const GATHER = 60;

export const store = {
  workflow: null,
  project: null,
  cards: new Map(),
};

const watchers = new Set();
const wanted = new Set();
let gathering = null;
let telling = false;

/** Calls `watcher` after cards changed, at most once a frame. Answers how to stop it. */
export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function changed() {
  if (telling) return;
  telling = true;
  queueMicrotask(() => {
    telling = false;
    for (const watcher of [...watchers]) watcher();
  });
}

/** Reads all of it; answers the newest event that it shows. */
export async function load() {
  const [board, workflow, project] = await Promise.all([get("/api/board"), get("/api/workflow"), get("/api/project/settings")]);
  store.workflow = workflow;
  store.project = project;
  const pending = [...store.cards.values()].filter((card) => card.pending);
  store.cards = new Map(board.cards.map((card) => [card.id, card]));
  for (const card of pending) if (store.cards.has(card.id)) store.cards.set(card.id, card);
  changed();
  return board.event;
}

/** Reads these tasks again; those that are gone are taken off. */
export async function refresh(ids) {
  for (let at = 0; at < ids.length; at += BATCH) {
    const part = ids.slice(at, at + BATCH);
    const { cards } = await get("/api/board", { ids: part.join(",") });
    const found = new Map(cards.map((card) => [card.id, card]));
    for (const id of part) apply(id, found.get(id));
  }
  changed();
}

function apply(id, card) {
  const present = store.cards.get(id);
  if (card === undefined) store.cards.delete(id);
  else if (!present || (!present.pending && card.version >= present.version)) store.cards.set(id, card);
}

on("task", (event) => {
  wanted.add(Number(event.id));
  gathering ??= setTimeout(async () => {
    const ids = [...wanted];
    wanted.clear();
    gathering = null;
    try {
      await refresh(ids);
    } catch {
      for (const id of ids) wanted.add(id); // the next event, or the next connection, tries again
    }
  }, GATHER);
});

on("project", async () => {
  store.project = await get("/api/project/settings").catch(() => store.project);
  changed();
});

/** Shows a status before the server has agreed to it; answers how to take that back. */
export function expect(card, status) {
  store.cards.set(card.id, { ...card, status, pending: true });
  changed();
  return async () => {
    const shown = store.cards.get(card.id);
    if (shown) shown.pending = false;
    await refresh([card.id]).catch(() => store.cards.set(card.id, card));
    changed();
  };
}

export const statuses = () => store.workflow.statuses.map((status) => status.name);
export const movesFrom = (name) => store.workflow.statuses.find((status) => status.name === name)?.moves ?? [];
export const indexOf = (name) => store.workflow.statuses.findIndex((status) => status.name === name);

/** The tasks that must be done first and are not. */
export function blockers(card) {
  return card.depends_on.filter((id) => store.cards.has(id) && store.cards.get(id).completed_at === null);
}

/** Whether somebody's claim on it is still running. */
export function isHeld(card) {
  return card.claimed_by !== null && Date.parse(card.claim_expires_at) > Date.now();
}

/** The move as the server is asked for it. */
export function putStatus(card, status, more = {}) {
  return write(`/api/tasks/${card.id}/status`, { status, ...more }, more.force_reason ? undefined : card.version);
}
