// The questions on a page: which is selected, which of its cards shows, and whether it is turned.

export const questions = () =>
  [...document.querySelectorAll(".question")].filter(article => !article.hidden);
export const question = element => element.closest(".question");
export const selected = () => document.querySelector(".question.selected");

// Select a question; the keys are about it.
export function select(article) {
  selected()?.classList.remove("selected");
  article?.classList.add("selected");
  return article;
}

// Go to the next question (1) or the one before (-1); from none, to the first one in view.
export function step(by) {
  const all = questions();
  const inView = article => article.getBoundingClientRect().bottom > innerHeight / 4;
  const at = all.indexOf(selected());
  const next = at < 0 ? all.find(inView) : all[at + by];
  if (!next) return selected(); // the first, the last, or none at all
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (next.getBoundingClientRect().height > innerHeight) next.scrollIntoView();
  return select(next);
}

// Show the answer of the card that shows, or hide it.
export function turn(article) {
  const details = article?.querySelector(":scope > .face:not([hidden]) > .turn");
  if (details) details.open = !details.open;
}

// Give the questions what only a script can work. Done again whenever the page is swapped.
export function dress() {
  document.querySelectorAll(".question:not([data-dressed]), body.card").forEach(addChoosers);
}

function addChoosers(place) {
  place.dataset.dressed = "";
  const bar = place.querySelector(".question-head, .back-link");
  const faces = [...place.querySelectorAll(".face")];
  if (faces.length > 1) bar.append(chooser(place, "card", faces.length, number => {
    faces.forEach((face, at) => { face.hidden = at !== number; });
  }));
  const lists = [...place.querySelectorAll(".rows")];
  const rows = Math.max(0, ...lists.map(list => list.children.length));
  if (rows > 1) bar.append(chooser(place, "row", rows, number => {
    for (const list of lists) {
      list.classList.add("picked");
      [...list.children].forEach((row, at) => row.classList.toggle("on", at === number));
    }
    scrollable();
  }));
}

// A small choice, `‹ card 1 of 3 ›`; what is chosen stands in the dataset of `place`.
function chooser(place, name, count, show) {
  const group = document.createElement("span");
  group.className = "chooser";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", `Choose a ${name}`);
  const label = document.createElement("span");
  label.setAttribute("aria-live", "polite");
  const choose = number => {
    place.dataset[name] = number;
    label.textContent = `${name} ${number + 1} of ${count}`;
    show(number);
  };
  const button = (text, hint, by) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", hint);
    made.addEventListener("click", () => choose((+place.dataset[name] + by + count) % count));
    return made;
  };
  group.append(button("‹", `Previous ${name}`, -1), label, button("›", `Next ${name}`, 1));
  group.addEventListener("choose", ({ detail }) => choose(Math.min(detail, count - 1)));
  group.dataset.name = name;
  choose(0);
  return group;
}

// Choose a card or row of a question from elsewhere.
export function choose(place, name, number) {
  const group = place.querySelector(`.chooser[data-name="${name}"]`);
  group?.dispatchEvent(new CustomEvent("choose", { detail: number }));
}

// What scrolls sideways must be reachable by keyboard.
export function scrollable() {
  for (const box of document.querySelectorAll("pre, .card table, mjx-container[display]"))
    if (box.scrollWidth > box.clientWidth && box.clientWidth) box.tabIndex = 0;
}
addEventListener("resize", scrollable);
document.addEventListener("toggle", scrollable, true);
