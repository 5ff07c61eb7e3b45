/**
 * Dragging by finger: a card that is held is lifted, so that a swipe still scrolls and a tap opens.
 *
 * A browser's own dragging by touch differs from one to the next and is kept out of the way. Once a
 * card is lifted, `touchmove` is taken from the browser, which would scroll otherwise.
 */

const HOLD = 350;
const SLIP = 8;

export function liftable(board, drag) {
  let held = null;

  const drop = () => {
    if (!held) return;
    clearTimeout(held.timer);
    cancelAnimationFrame(held.frame);
    for (const [name, listener] of Object.entries(ways)) held.target.removeEventListener(name, listener);
    held.ghost?.remove();
    if (held.ghost) drag.end();
    held = null;
  };

  const lift = () => {
    const box = held.link.getBoundingClientRect();
    held.ghost = held.link.cloneNode(true);
    held.ghost.classList.add("lifted");
    held.ghost.removeAttribute("href");
    held.ghost.setAttribute("aria-hidden", "true");
    for (const [name, value] of [["width", box.width], ["height", box.height]]) held.ghost.style.setProperty(name, `${value}px`);
    held.offset = { x: held.x - box.left, y: held.y - box.top };
    document.body.append(held.ghost);
    drag.begin(held.link);
    navigator.vibrate?.(15);
    follow();
  };

  /** Every frame, since a finger that rests at an edge sends no events. */
  const follow = () => {
    if (!held?.ghost) return;
    held.ghost.style.setProperty("transform", `translate(${held.x - held.offset.x}px, ${held.y - held.offset.y}px) rotate(1.5deg)`);
    drag.scrollNear(held.x);
    drag.over(document.elementFromPoint(held.x, held.y));
    held.frame = requestAnimationFrame(follow);
  };

  const move = (event) => {
    const { clientX: x, clientY: y } = event.touches[0];
    if (!held.ghost) return Math.hypot(x - held.x, y - held.y) > SLIP && drop();
    event.preventDefault();
    Object.assign(held, { x, y });
  };

  const end = (event) => {
    if (held.ghost) {
      event.preventDefault();
      drag.over(document.elementFromPoint(held.x, held.y));
      drag.drop();
    }
    drop();
  };

  // On the very element that was touched: it hears of its touch even when a change has replaced it.
  const ways = { touchmove: move, touchend: end, touchcancel: drop };

  board.addEventListener("touchstart", (event) => {
    drop();
    const { target } = event;
    const link = target.closest?.(".card");
    if (!link || event.touches.length > 1) return;
    const { clientX: x, clientY: y } = event.touches[0];
    held = { link, target, x, y, timer: setTimeout(lift, HOLD) };
    for (const [name, listener] of Object.entries(ways)) target.addEventListener(name, listener, { passive: false });
  }, { passive: true });

  for (const name of ["contextmenu", "dragstart"]) {
    board.addEventListener(name, (event) => held && event.preventDefault(), { capture: true });
  }
}
