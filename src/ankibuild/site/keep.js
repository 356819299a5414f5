// What a reader has done to a page, to be done again to its next version.
import { choose, select, selected } from "./questions.js";

const FOCUSABLE = "a[href], button, input, select, summary, [tabindex]";

// Note what is opened, chosen, focused and where; gives the function that restores it.
export function keep() {
  const open = marked("details", details => details.open);
  const [focused] = marked(FOCUSABLE, element => element === document.activeElement);
  const chosen = [...document.querySelectorAll(".question, body.card")]
    .map(place => [place.id, { ...place.dataset }]);
  const current = selected()?.id;
  const anchor = top();
  return () => {
    for (const [id, { card, row }] of chosen) {
      const place = id ? document.getElementById(id) : document.body;
      if (place && card) choose(place, "card", +card);
      if (place && row) choose(place, "row", +row);
    }
    for (const mark of open) find("details", mark)?.setAttribute("open", "");
    if (current) select(document.getElementById(current));
    if (focused) find(FOCUSABLE, focused)?.focus({ preventScroll: true });
    scrollBack(anchor);
  };
}

// Name elements by the question they are in and their number among its likes.
function marked(selector, isMeant) {
  return [...document.querySelectorAll(selector)].filter(isMeant).map(element => {
    const home = element.closest(".question") ?? document.querySelector("main");
    const inside = home.contains(element);
    return { id: inside ? home.id : null, at: likes(inside ? home : document, selector).indexOf(element) };
  });
}

function find(selector, { id, at }) {
  const home = id === null ? document : document.getElementById(id);
  return home ? likes(home, selector)[at] : undefined;
}

function likes(home, selector) {
  const all = [...home.querySelectorAll(selector)];
  return home.matches?.(selector) ? [home, ...all] : all;
}

// The first question in view, and how far from the top it stands: above it, all may change.
function top() {
  const inView = [...document.querySelectorAll(".question")]
    .find(article => article.getBoundingClientRect().bottom > 0);
  return { id: scrollY && inView?.id, offset: inView?.getBoundingClientRect().top, y: scrollY };
}

function scrollBack({ id, offset, y }) {
  const article = id && document.getElementById(id);
  if (article) scrollBy({ top: article.getBoundingClientRect().top - offset, behavior: "instant" });
  else scrollTo({ top: y, behavior: "instant" });
}
