// Puts the next version of a page in place of this one, and leaves the questions alone that are the
// same: to lay out a long page of formulas takes a browser longer than all the rest of an update.

// Where a question is written moves with every line that is added above; the digest is without it.
const PLACE = ".question-foot > .place";

export function swap(fresh) {
  const stays = new Map();
  for (const now of fresh.querySelectorAll(".question[data-digest]")) {
    const old = document.getElementById(now.id);
    if (old?.dataset.digest !== now.dataset.digest) continue;
    old.querySelector(PLACE)?.replaceWith(now.querySelector(PLACE));
    stays.set(now, old);
  }
  for (const id of ["content", "side"]) {
    const [old, now] = [document, fresh].map(page => page.getElementById(id));
    if (old && now) arrange(old, [...now.children].map(child => stays.get(child) ?? child));
  }
}

// Make `next` the children of a box; those that stay in it are not taken out of the page.
function arrange(box, next) {
  const stay = new Set(next);
  for (const child of [...box.childNodes]) if (!stay.has(child)) child.remove();
  let place = box.firstChild;
  for (const child of next) {
    if (child === place) place = place.nextSibling;
    else box.insertBefore(child, place);
  }
}
