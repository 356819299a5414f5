// A card on a page of its own: one side at a time, as in Anki. In a frame, the page around decides.
import { choose } from "./questions.js";

const framed = document.documentElement.classList.contains("framed");
const details = () => document.querySelector(".face:not([hidden]) > .turn");

// The hash says what to show: `#card=1&row=3&side=answer`, numbers from 0.
function obey() {
  const state = new URLSearchParams(location.hash.slice(1));
  for (const name of ["card", "row"])
    if (state.has(name)) choose(document.body, name, Number(state.get(name)) || 0);
  for (const one of document.querySelectorAll(".turn")) one.open = false;
  details().open = state.get("side") === "answer";
  document.documentElement.scrollTop = 0;
}

function press(key) {
  if (framed) parent.postMessage(key, location.origin);
  else if (key === " " || key === "Enter") details().open = !details().open;
}

export function startCard() {
  if (!details()) return;
  obey();
  addEventListener("hashchange", obey);
  document.addEventListener("keydown", event => {
    const { key, target } = event;
    const isTaken = target.closest("input") || ([" ", "Enter"].includes(key) && target.closest("a, button, summary"));
    if (isTaken || event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === " ") event.preventDefault();
    press(key);
  });
  document.addEventListener("click", ({ target }) => {
    if (!target.closest("a, button, details details, summary, input, pre") && getSelection().isCollapsed) press(" ");
  });
}
