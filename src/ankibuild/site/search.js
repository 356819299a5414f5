// Search over all questions, and filters of what is shown.
const root = document.documentElement.dataset.root;
const byId = id => document.getElementById(id);
const MOST = 200;

let index; // a promise of the questions, from the first time they are asked for

// Letters alone count: neither case nor accents do.
const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function load() {
  index ??= fetch(`${root}search.json`, { cache: "no-cache" })
    .then(reply => reply.json())
    .then(({ decks }) => decks.flatMap(deck => deck.questions.map(one => ({
      ...one,
      deck,
      folded: { id: fold(one.id), front: fold(one.front), back: fold(`${one.back} ${deck.title}`) },
    }))));
  return index;
}

const wanted = () => ({
  words: fold(byId("search").value).split(/\s+/).filter(Boolean),
  kind: byId("kind").value,
  level: byId("level").value,
  checked: byId("checked").checked,
  problems: byId("problems")?.checked ?? false,
});

const fits = (one, { kind, level, checked, problems }) =>
  (!kind || one.kind === kind) && (!level || one.level === level)
  && (!checked || one.checked) && (!problems || one.problems);

const escape = text => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

// The better a question fits, the higher: by its id, by its front, by the rest; 0 if not.
function score({ folded }, terms) {
  let total = 1;
  for (const { word, start } of terms) {
    if (folded.id.includes(word)) total += folded.id === word ? 20 : 6;
    else if (start.test(folded.front)) total += 4;
    else if (folded.front.includes(word)) total += 2;
    else if (start.test(folded.back)) total += 2;
    else if (folded.back.includes(word)) total += 1;
    else return 0;
  }
  return total;
}

async function find(asked) {
  const terms = asked.words.map(word => (
    { word, start: new RegExp(`(?<![\\p{L}\\p{N}])${escape(word)}`, "u") }));
  return (await load())
    .filter(one => fits(one, asked))
    .map(one => ({ one, points: score(one, terms) }))
    .filter(({ points }) => points)
    .sort((a, b) => b.points - a.points)
    .map(({ one }) => one);
}

let run = 0;
async function update() {
  const asked = wanted();
  remember();
  const isFiltered = asked.kind || asked.level || asked.checked || asked.problems;
  const articles = [...document.querySelectorAll(".question")];
  const isSearch = asked.words.length > 0 || (isFiltered && !articles.length);
  const mine = ++run;
  if (isSearch) {
    const found = await find(asked);
    if (mine !== run) return; // a later key has overtaken this one
    show(found, asked.words);
  }
  byId("results").hidden = !isSearch;
  byId("results").dataset.of = byId("search").value;
  byId("content").hidden = isSearch;
  for (const article of articles) article.hidden = !fits(facts(article), asked);
  announce(isSearch ? "" : isFiltered ? articles.filter(one => !one.hidden).length : "");
}

const facts = ({ dataset }) => ({
  kind: dataset.kind,
  level: dataset.level ?? "",
  checked: "checked" in dataset,
  problems: "problems" in dataset,
});

const counted = number => (number === 1 ? "1 question" : `${number || "no"} questions`);

function announce(number) {
  byId("status").textContent = number === "" ? "" : `${counted(number)} here`;
}

function show(found, words) {
  const heading = document.createElement("h1");
  heading.className = "unseen";
  heading.textContent = "Results";
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.textContent = counted(found.length);
  const list = document.createElement("ol");
  list.append(...found.slice(0, MOST).map(one => result(one, words)));
  byId("results").replaceChildren(heading, status, list);
  if (found.length > MOST) byId("results").append(`and ${found.length - MOST} more`);
}

function result(one, words) {
  const link = document.createElement("a");
  link.href = `${root}${one.deck.path}#${one.anchor}`;
  const text = document.createElement("span");
  text.append(...marked(snippet(one, words), words));
  const about = document.createElement("small");
  about.append(...marked([one.id, one.kind, one.level, one.deck.title].filter(Boolean).join(" · "), words));
  link.append(text, about);
  const item = document.createElement("li");
  item.append(link);
  return item;
}

// The front; where only the back has the word, that place of it.
function snippet({ front, back, folded }, words) {
  const short = text => (text.length > 180 ? `${text.slice(0, 180)}…` : text);
  const lost = words.find(word => !folded.id.includes(word) && !folded.front.includes(word));
  const at = lost ? folded.back.indexOf(lost) : -1;
  if (at < 0) return short(front);
  const from = Math.max(0, at - 40);
  return `${short(front)} — ${from ? "…" : ""}${back.slice(from, at + 80)}…`;
}

// Mark the words in a text. Folding may change its length: then nothing is marked.
function marked(text, words) {
  const plain = fold(text);
  if (!words.length || plain.length !== text.length) return [text];
  const pieces = [];
  let end = 0;
  for (const { 0: word, index: at } of plain.matchAll(new RegExp(words.map(escape).join("|"), "g"))) {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(at, at + word.length);
    pieces.push(text.slice(end, at), mark);
    end = at + word.length;
  }
  return [...pieces, text.slice(end)];
}

// The address carries the search, so that going back finds it again.
const FIELDS = ["search", "kind", "level", "checked", "problems"];
function remember() {
  const query = new URLSearchParams();
  for (const field of FIELDS.map(byId).filter(Boolean)) {
    if (field.type === "checkbox" ? field.checked : field.value) query.set(field.id, field.value);
  }
  const address = `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`;
  history.replaceState(history.state, "", address);
}

function recall() {
  const query = new URLSearchParams(location.search);
  for (const field of FIELDS.map(byId).filter(Boolean)) {
    if (field.type === "checkbox") field.checked = query.has(field.id);
    else field.value = query.get(field.id) ?? "";
    if (field.value === "" && field.options) field.selectedIndex = 0;
  }
}

function clear() {
  byId("search").value = "";
  return update();
}

// Arrows walk through the results, from the field and back into it.
function walk(event) {
  const stops = [byId("search"), ...document.querySelectorAll("#results a")];
  const at = stops.indexOf(document.activeElement);
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape" && at >= 0) {
    clear();
    byId("search").focus();
  } else if (by && at >= 0 && stops[at + by]) {
    event.preventDefault();
    stops[at + by].focus();
  }
}

export function startSearch() {
  recall();
  for (const field of FIELDS.map(byId).filter(Boolean)) field.addEventListener("input", update);
  byId("search").addEventListener("focus", load);
  byId("search").addEventListener("keydown", event => {
    if (event.key === "Enter") document.querySelector("#results:not([hidden]) a")?.click();
  });
  document.addEventListener("keydown", walk);
  byId("results").addEventListener("click", event => {
    const link = event.target.closest("a");
    // A result on this very page is under the list of results.
    if (link && link.pathname === location.pathname) clear();
  });
  update();
}

export function updateSearch() {
  index = undefined;
  return update();
}
