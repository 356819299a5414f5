// A question's card in a wide frame and on a phone, by day, by night, or both.
import { select, step } from "./questions.js";

const root = document.documentElement.dataset.root;
const byId = id => document.getElementById(id);
const SIZES = { desktop: "Desktop", phone: "Phone, 390 px" };

let shown; // the question
let side = "front";

export function openLook(article) {
  if (!article?.dataset.page) return;
  shown = article;
  side = article.querySelector(".face:not([hidden]) > .turn").open ? "answer" : "front";
  byId("look-theme").value ||= document.documentElement.classList.contains("nightMode") ? "dark" : "light";
  byId("look").showModal();
  byId("frames").replaceChildren();
  draw();
}

// Load the frames anew, after the page has changed.
export function updateLook() {
  if (!byId("look").open) return;
  shown = document.getElementById(shown.id);
  if (!shown) byId("look").close();
  else for (const frame of byId("frames").querySelectorAll("iframe")) frame.contentWindow.location.reload();
}

function draw() {
  const choice = byId("look-theme").value;
  const themes = choice === "both" ? ["light", "dark"] : [choice];
  const names = themes.flatMap(theme => Object.keys(SIZES).map(size => `${theme} ${size}`));
  byId("look-title").textContent = shown.querySelector("h2").textContent;
  for (const figure of [...byId("frames").children])
    if (!names.includes(figure.id)) figure.remove();
  byId("frames").append(...names.map(name => byId(name) ?? figure(name)));
  for (const name of names) show(byId(name).querySelector("iframe"), name.split(" ")[0]);
}

function figure(name) {
  const [theme, size] = name.split(" ");
  const made = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const frame = document.createElement("iframe");
  made.id = name;
  made.className = size;
  frame.title = caption.textContent = `${SIZES[size]}, ${theme}`;
  made.append(caption, frame);
  return made;
}

// Where only the hash differs the page stays, and turns.
function show(frame, theme) {
  const { page, card = 0, row = 0 } = shown.dataset;
  const address = `${root}${page}?theme=${theme}#${new URLSearchParams({ card, row, side })}`;
  if (frame.contentWindow && frame.src) frame.contentWindow.location.replace(new URL(address, location));
  else frame.src = address;
}

function turnAll() {
  side = side === "front" ? "answer" : "front";
  draw();
}

function go(by) {
  const next = step(by);
  if (!next?.dataset.page || next === shown) return;
  shown = next;
  side = "front";
  draw();
}

const KEYS = {
  " ": turnAll,
  Enter: turnAll,
  j: () => go(1),
  k: () => go(-1),
  ArrowRight: () => go(1),
  ArrowLeft: () => go(-1),
};

export function startLook() {
  const dialog = byId("look");
  byId("look-theme").value = ""; // that of the page, until one is chosen
  byId("look-theme").addEventListener("change", draw);
  byId("look-turn").addEventListener("click", turnAll);
  dialog.addEventListener("close", () => {
    byId("frames").replaceChildren();
    if (shown?.isConnected) select(shown).focus({ preventScroll: true });
  });
  dialog.addEventListener("keydown", event => {
    if (event.target.closest("select, button") || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  // The frames hand on the keys that are pressed in them, and clicks as a space.
  addEventListener("message", ({ origin, data }) => {
    if (origin !== location.origin || !dialog.open) return;
    if (data === "Escape") dialog.close();
    else KEYS[data]?.();
  });
}
