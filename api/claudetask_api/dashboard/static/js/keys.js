/** A key that opens or moves something acts once, however long it is held down: what it opened gets none of its repeats. */

let acted = null;

addEventListener("keydown", (event) => {
  if (!event.repeat) acted = null;
  else if (event.code === acted) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

export function actOnce(event) {
  acted = event.code;
  event.preventDefault();
}
