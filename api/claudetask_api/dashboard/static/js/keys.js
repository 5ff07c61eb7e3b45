/** A key that opens or moves something acts once, however long it is held down: what it opened gets none of its repeats. */

let acted = null;

addEventListener("keydown", (event) => {
  if (!event.repeat) acted = null;
  else if (event.code === acted) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

/** Ctrl+Enter sends the form that is typed into, where it can be sent. */
addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form");
  if (!form) return;
  actOnce(event);
  const send = form.querySelector("[type=submit]:not(:disabled)");
  if (send) form.requestSubmit(send);
});

export function actOnce(event) {
  acted = event.code;
  event.preventDefault();
}
