// Everything on the pages that needs a script; reading them needs none.
import { startCard } from "./card.js";
import { keep } from "./keep.js";
import { openLook, startLook, updateLook } from "./look.js";
import { dress, question, questions, scrollable, select, selected, step, turn } from "./questions.js";
import { startSearch, updateSearch } from "./search.js";
import { swap } from "./swap.js";

const root = document.documentElement;
const byId = id => document.getElementById(id);

// Fetch the page again and swap its content, keeping what the reader has opened, chosen and typed.
export async function refresh() {
  const reply = await fetch(location.href.replace(/#.*/, ""), { cache: "no-store" });
  const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
  const restore = keep();
  document.title = fresh.title;
  swap(fresh);
  dress();
  setTimeout(scrollable, 100); // it lays the whole page out, and the reader is waiting
  restore();
  if (!document.body.classList.contains("site")) return;
  await updateSearch();
  updateLook();
}

function startTheme() {
  const choice = byId("theme");
  choice.value = root.dataset.theme;
  choice.addEventListener("change", () => {
    localStorage.setItem("theme", choice.value);
    dispatchEvent(new StorageEvent("storage"));
  });
}

const KEYS = {
  "/": () => byId("search").focus(),
  "?": () => byId("keys").showModal(),
  j: () => step(1),
  k: () => step(-1),
  ArrowRight: () => step(1),
  ArrowLeft: () => step(-1),
  " ": () => turn(selected() ?? step(1)),
  Enter: () => selected() && turn(selected()),
  l: () => openLook(selected() ?? step(1)),
  t: () => {
    const choice = byId("theme");
    choice.selectedIndex = (choice.selectedIndex + 1) % choice.length;
    choice.dispatchEvent(new Event("change"));
  },
};

function startKeys() {
  document.addEventListener("keydown", event => {
    const { key, target } = event;
    const isTaken = target.closest("input, select, textarea, dialog")
      || ([" ", "Enter"].includes(key) && target.closest("a, button, summary"));
    if (isTaken || event.ctrlKey || event.metaKey || event.altKey || !(key in KEYS)) return;
    event.preventDefault();
    KEYS[key]();
  });
}

function startMouse() {
  document.addEventListener("click", event => {
    const article = question(event.target);
    if (!article) return;
    select(article);
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (event.target.closest(".look") && isPlain) {
      event.preventDefault();
      openLook(article);
    }
    const isText = event.target.closest(".front, [data-replaces] .back") && getSelection().isCollapsed;
    if (isText && !event.target.closest("a, button, details details, summary, input, pre")) turn(article);
  });
}

function startDialogs() {
  byId("help").addEventListener("click", () => byId("keys").showModal());
  for (const button of document.querySelectorAll("dialog .close"))
    button.addEventListener("click", () => button.closest("dialog").close());
}

function start() {
  dress();
  scrollable();
  if (!document.body.classList.contains("site")) {
    startCard();
    return;
  }
  startTheme();
  startSearch();
  startLook();
  startKeys();
  startMouse();
  startDialogs();
  const aim = () => select(questions().find(article => `#${article.id}` === location.hash));
  addEventListener("hashchange", aim);
  aim();
}

start();
if ("live" in root.dataset && !root.classList.contains("framed")) import("./live.js");
