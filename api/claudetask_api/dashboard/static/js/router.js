/** Addresses: `#/page?key=value`; `task` in them opens that task over the page. */

const watchers = new Set();

export function here() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/").map(decode);
  return { page: page || "board", rest, params: new URLSearchParams(query ?? "") };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function address(page, params = {}) {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  return `#/${page}${query.size ? `?${query}` : ""}`;
}

/** The address of this page with other parameters. */
export function withParams(changes) {
  const { page, rest, params } = here();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") params.delete(name);
    else params.set(name, value);
  }
  return address([page, ...rest].map(encodeURIComponent).join("/"), Object.fromEntries(params));
}

/** Changes the parameters; `quietly` leaves no step to go back to. */
export function setParams(changes, { quietly = false } = {}) {
  const wanted = withParams(changes);
  if (wanted === location.hash) return;
  if (quietly) history.replaceState(null, "", wanted);
  else location.hash = wanted;
  if (quietly) told();
}

/** Shows another page with the same parameters, and leaves no step to go back to. */
export function setPage(page) {
  history.replaceState(null, "", address(page, Object.fromEntries(here().params)));
  told();
}

export function openTask(id) {
  setParams({ task: id });
}

export function onRoute(watcher) {
  watchers.add(watcher);
}

function told() {
  for (const watcher of [...watchers]) watcher(here());
}

addEventListener("hashchange", told);
