"use strict";
// The page of a drawing: step by step values appear forward, then gradients backward; layers fold and unfold.
const forwardAt = {}, backwardAt = {};
DATA.steps.forEach((step, i) => { (step.back ? backwardAt : forwardAt)[step.card] = i + 1; });
const count = DATA.steps.length;
const backwards = DATA.steps.filter((step) => step.back).length;
const label = main.getAttribute("aria-label");
let open = DATA.open;

const members = {};
for (const [card, fold] of Object.entries(DATA.foldOf)) (members[fold] ||= []).push(card);
const everything = Object.keys(members).sort().join(" ");
const shown = (id) => (id in nodes ? id : DATA.foldOf[id]);
const inside = (id) => (members[id] && !(id in forwardAt) ? members[id] : [id]);
// A value is visible from its card's step on, that of a leaf from the start, that of a fold when all its members are.
const hasValue = (id, at) => inside(cardOf(id)).every((card) => (forwardAt[card] || 0) <= at);
const hasGradient = (id, at) => {
  const own = inside(cardOf(id)).filter((card) => card in backwardAt);
  return own.length > 0 && own.every((card) => backwardAt[card] <= at);
};

// The tooltip of a card, without the numbers that are not computed yet.
function contents(id) {
  const { title, lines, notes } = DATA.cards[id], at = player.at();
  const later = { value: !hasValue(id, at), gradient: inside(id).some((card) => backwardAt[card] > at) };
  let topic; // value or gradient, whichever the next lines describe
  const known = lines.flatMap(([name, text]) => {
    if (name in later) topic = name;
    if (!later[topic]) return [[name, text]];
    return name === topic ? [[name, "not computed yet"]] : [];
  });
  const early = nodes[id].matches(".calm"); // its alerts are about numbers that are not computed yet
  return { title, lines: known, notes: notes.filter((note) => !early || !note.startsWith("! ")) };
}

function show(at) {
  const step = DATA.steps[at - 1];
  const now = step && shown(step.card);
  for (const [id, shape] of Object.entries(nodes)) {
    const waiting = !hasValue(id, at);
    shape.classList.toggle("waiting", waiting);
    shape.classList.toggle("no-value", waiting);
    shape.classList.toggle("no-gradient", backwards > 0 && !hasGradient(id, at));
    const early = (alert) => shape.classList.contains(alert.matches(".value") ? "no-value" : "no-gradient");
    shape.classList.toggle("calm", [...shape.querySelectorAll(".alert")].every(early));
    mark(shape, cardOf(id) === now && (id === now || !step.back), step);
    if (id in DATA.cards) shape.setAttribute("aria-label", (id in members ? "unfold " : "") + spokenText(id));
  }
  for (const { shape, ends } of edges) {
    shape.classList.toggle("waiting", !ends.some(([, target]) => (forwardAt[target] || 0) <= at));
    shape.classList.toggle("no-gradient", !ends.some(([source]) => backwardAt[source] <= at));
    mark(shape, step !== undefined && ends.some((pair) => pair[step.back ? 0 : 1] === step.card), step);
  }
  const text = step ? step.text : start();
  caption.textContent = text;
  caption.className = step ? (step.back ? "backward" : "forward") : "";
  updateTooltip();
  if (now !== undefined) nodes[now].scrollIntoView({ block: "center", inline: "center", behavior: still.matches ? "auto" : "smooth" });
  return text;
}

function mark(shape, current, step) {
  shape.classList.toggle("now", current);
  shape.classList.toggle("backward", current && step.back);
}

function start() {
  if (!count) return "Nothing to compute: the graph is a leaf.";
  const parts = [];
  if (backwards < count) parts.push("the values, forward");
  if (backwards) parts.push("the gradients, backward");
  const missing = Object.values(DATA.cards).some((card) => card.lines.some(([, text]) => text === "call backward()"));
  const hint = !backwards && missing ? " For gradients, call backward() before drawing." : "";
  return `Press play or the arrow keys: ${parts.length > 1 ? "first " : ""}${parts.join(", then ")}.${hint}`;
}

function position(at) {
  const step = DATA.steps[at - 1];
  if (!step) return `0 of ${count}`;
  return `${step.back ? "backward" : "forward"} ${at} of ${count}`;
}

// Opens or closes a fold. If the page lacks that combination, it opens the fold alone, or else all of them.
function toggle(fold) {
  const set = new Set(open.split(" ").filter(Boolean));
  set.delete(fold) || set.add(fold);
  const keys = [[...set].sort().join(" "), ...(set.has(fold) ? [fold, everything] : [""])];
  unfold(keys.find((key) => key in DATA.views) ?? open, fold);
}

function unfold(key, fold) {
  open = key;
  hideTooltip();
  draw(DATA.views[key], label);
  for (const edge of edges) edge.ends = DATA.edges.filter((pair) => joins(edge, ...pair.map(shown)));
  for (const [id, shape] of Object.entries(nodes)) if (id in members) openable(shape, id, false);
  for (const shape of main.querySelectorAll(".cluster")) {
    const closed = DATA.folds[shape.id];
    if (!(closed in members)) continue;
    openable(shape, closed, true);
    shape.setAttribute("aria-label", `fold ${DATA.cards[closed].title}`);
  }
  for (const button of document.querySelectorAll("[data-view]")) button.disabled = button.dataset.view === key;
  show(player.at());
  enableTransitions();
  const target = fold && (nodes[fold] || [...main.querySelectorAll(".cluster")].find((c) => DATA.folds[c.id] === fold));
  if (target) target.focus({ preventScroll: true });
}

// True if an edge, or its part before or after an op's sign, goes from one card to another.
function joins({ source, target }, from, to) {
  return cardOf(target) === to && (source === from || source === `o${to}`);
}

function openable(shape, fold, isOpen) {
  shape.classList.add("fold");
  shape.setAttribute("tabindex", "0");
  shape.setAttribute("role", "button");
  shape.setAttribute("aria-expanded", isOpen);
  shape.addEventListener("click", () => toggle(fold));
  shape.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    toggle(fold);
  });
}

const player = controls(count, 900, show, position);
if (everything) {
  for (const [key, words] of [["", "fold all"], [everything, "unfold all"]]) {
    if (!(key in DATA.views)) continue;
    const button = element("button", { type: "button", "data-view": key }, words);
    button.addEventListener("click", () => unfold(key));
    document.getElementById("controls").append(button);
  }
}
unfold(open);
player.start();
enableTransitions();
