/**
 * What a person typed and nobody has saved yet. It outlives the form that it was typed into: whoever
 * comes back to that finds it there. It ends with the page, which asks before it goes.
 */

const drafts = new Map();

addEventListener("beforeunload", (event) => {
  if ([...drafts.values()].some(Boolean)) event.preventDefault();
});

/** What was typed under a key, or null. */
export function draft(key) {
  return drafts.get(key) ?? null;
}

/** Keeps it; an empty text keeps only that somebody began. */
export function keep(key, value) {
  drafts.set(key, value);
}

/** It is saved, or its author let it go. */
export function drop(key) {
  drafts.delete(key);
}
