"use strict";
// What both kinds of pages share: the drawing, the tooltip of a card, the paths from it to the result, the controls.
const DATA = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("graph");
const stage = document.getElementById("stage");
const panel = document.getElementById("panel");
const caption = document.getElementById("caption");
const tip = document.getElementById("tip");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia("(max-width: 60rem)");
const SMALLEST_SCALE = { page: 0.7, film: 0.55 }[DATA.kind]; // below it texts are not readable
let nodes = {}, edges = [];

const cardOf = (id) => id.replace(/^o/, ""); // the sign of an op belongs to the card of its result

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Puts a drawing on the page, without transitions until `enableTransitions` is called.
function draw(svg, label) {
  main.classList.add("fresh");
  main.innerHTML = svg;
  const picture = main.firstElementChild;
  picture.setAttribute("role", "group");
  picture.setAttribute("aria-label", label);
  nodes = {};
  edges = [...main.querySelectorAll(".edge")].map((shape) => {
    classifyParts(shape, false);
    return { shape, source: shape.dataset.s, target: shape.dataset.t };
  });
  for (const shape of main.querySelectorAll(".node")) {
    nodes[shape.id] = shape;
    classifyParts(shape, true);
    if (shape.id in DATA.cards) addTooltip(shape);
  }
  fit();
}

function enableTransitions() {
  void main.offsetWidth; // applies the styles, so that no transition begins from an older state
  main.classList.remove("fresh");
}

// Gives the parts of a card or an edge the class value or gradient, whichever they belong to.
function classifyParts(shape, card) {
  let part = "value";
  for (const child of shape.children) {
    const size = child.getAttribute("font-size"), words = child.textContent;
    if (card && size === "10.00" && words === "grad") part = "gradient";
    const colour = child.getAttribute("fill") + child.getAttribute("stroke");
    if (colour.includes("--value")) child.classList.add("value");
    else if (colour.includes("--gradient)") || colour.includes("--track")) child.classList.add("gradient");
    else if (card && (child.matches(".cell") || size === "8.00")) child.classList.add(part);
    else if (words.startsWith("! ")) child.classList.add(/^! (?:[^:]*: )?(?:grad|vanishing|exploding)\b/.test(words) ? "gradient" : "value", "alert");
  }
  if (!card) return;
  for (const text of shape.querySelectorAll('text.gradient[font-size="13.00"]')) text.before(questionMark(text));
  const [, kind] = /--(\w+)-fill/.exec(shape.firstElementChild.getAttribute("fill")) || [];
  shape.style.setProperty("--calm", `var(--${kind}-border)`); // colour of the border until an alert is visible
  for (const line of shape.querySelectorAll('path[stroke*="--alert"], polygon[stroke*="--alert"]')) {
    for (const name of ["fill", "stroke"]) line.setAttribute(name, line.getAttribute(name).replace("--alert", "--alarm"));
  }
}

// A question mark in place of a gradient that is not computed yet.
function questionMark(text) {
  const mark = text.cloneNode();
  mark.textContent = "?";
  mark.setAttribute("class", "unknown");
  mark.setAttribute("x", Number(text.getAttribute("x")) + Number(text.getAttribute("textLength")));
  mark.setAttribute("fill", "var(--muted)");
  mark.removeAttribute("textLength");
  return mark;
}

function addTooltip(shape) {
  shape.setAttribute("tabindex", "0");
  shape.setAttribute("role", "img");
  shape.addEventListener("pointerenter", (event) => showTooltip(shape, event));
  shape.addEventListener("pointerleave", hideTooltip);
  shape.addEventListener("focus", () => { if (shape.matches(":focus-visible")) showTooltip(shape); });
  shape.addEventListener("blur", hideTooltip);
}

// The text of a card for screen readers. Each kind of page defines `contents(id)`: a card as it is at this step.
const SPOKEN_LINES = ["what", "shapes", "value", "gradient"];
function spokenText(id) {
  const { title, lines, notes } = contents(id);
  return [title, ...lines.filter(([name]) => SPOKEN_LINES.includes(name)).map((line) => line.join(": ")), ...notes].join("; ");
}

// Scales the drawing to the window. The panel is beside it, or below it if the drawing can be larger then.
function fit() {
  const picture = main.firstElementChild;
  if (!picture) return;
  const { width, height } = picture.viewBox.baseVal;
  picture.setAttribute("width", 0);
  picture.setAttribute("height", 0);
  const room = getComputedStyle(main);
  function scaleFor(under) {
    stage.classList.toggle("under", under);
    const wide = main.clientWidth - parseFloat(room.paddingLeft) - parseFloat(room.paddingRight);
    const high = main.clientHeight - parseFloat(room.paddingTop) - parseFloat(room.paddingBottom);
    return narrow.matches ? wide / width : Math.min(wide / width, Math.max(high / height, SMALLEST_SCALE));
  }
  const under = panel.hasChildNodes() && !narrow.matches && scaleFor(true) > scaleFor(false);
  const scale = Math.max(SMALLEST_SCALE, Math.min(1.6, scaleFor(under)));
  picture.setAttribute("width", Math.floor(width * scale));
  picture.setAttribute("height", Math.floor(height * scale));
}

function showTooltip(shape, event) {
  tip.hidden = false;
  tip.dataset.of = shape.id;
  updateTooltip();
  const box = shape.getBoundingClientRect(), own = tip.getBoundingClientRect();
  const below = box.bottom + 10 + own.height < innerHeight;
  const left = event ? event.clientX - own.width / 2 : box.left;
  tip.style.left = `${Math.max(8, Math.min(left, innerWidth - own.width - 8))}px`;
  tip.style.top = `${below ? box.bottom + 10 : Math.max(8, box.top - own.height - 10)}px`;
  trace(shape.id);
}

// Fills the open tooltip with the numbers of this step.
function updateTooltip() {
  if (tip.hidden) return;
  const { title, lines, notes } = contents(tip.dataset.of), list = element("dl");
  for (const [name, text] of lines) list.append(element("dt", {}, name), element("dd", {}, text));
  const remarks = notes.map((note) => element("p", note.startsWith("!") ? { class: "alert" } : {}, note));
  tip.replaceChildren(element("strong", {}, title), list, ...remarks);
}

function hideTooltip() {
  tip.hidden = true;
  main.classList.remove("tracing");
  for (const shape of main.querySelectorAll(".path")) shape.classList.remove("path");
}

// Highlights every path from a card to the result.
function trace(id) {
  const reached = new Set([id]);
  for (let found = true; found;) {
    found = false;
    for (const { shape, source, target } of edges) {
      if (!reached.has(source) || shape.classList.contains("path")) continue;
      shape.classList.add("path");
      found = true;
      reached.add(target);
    }
  }
  for (const name of reached) nodes[name].classList.add("path");
  main.classList.add("tracing");
}

// Buttons for first, previous, play and next, and a slider. `show(at)` shows a step and returns its caption;
// `position(at)` is the text beside the slider.
const ICONS = {
  first: "M2 2h2.5v12H2zM14 2v12L5.5 8z", previous: "M12.5 2v12L3 8z", play: "M3.5 2v12L14 8z",
  pause: "M3 2h3.5v12H3zM9.5 2H13v12H9.5z", next: "M3.5 2v12L13 8z",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstChild.setAttribute("d", ICONS[name]);
  return svg;
}

function controls(last, milliseconds, show, position) {
  const bar = document.getElementById("controls");
  const slider = element("input", { type: "range", min: 0, max: last, value: 0, step: 1, "aria-label": "step" });
  const counter = element("output");
  let timer = null;
  const at = () => Number(slider.value);
  function go(to) {
    slider.value = Math.max(0, Math.min(last, to));
    slider.setAttribute("aria-valuetext", show(at()));
    counter.textContent = position(at());
    buttons.first.disabled = buttons.previous.disabled = at() === 0;
    buttons.next.disabled = at() === last;
    if (at() === last) pause();
  }
  function pause() {
    clearInterval(timer);
    timer = null;
    setPlaying(false);
  }
  function play() {
    if (timer) return pause();
    go(at() === last ? 0 : at() + 1);
    if (at() === last) return;
    timer = setInterval(() => go(at() + 1), milliseconds);
    setPlaying(true);
  }
  function setPlaying(on) {
    buttons.play.replaceChildren(icon(on ? "pause" : "play"), on ? "pause" : "play");
    caption.setAttribute("aria-live", on ? "off" : "polite"); // a screen reader would read every step
  }
  const moves = {
    first: () => { pause(); go(0); }, previous: () => { pause(); go(at() - 1); }, play,
    next: () => { pause(); go(at() + 1); },
  };
  const buttons = {};
  for (const [name, act] of Object.entries(moves)) {
    buttons[name] = element("button", { type: "button", id: name });
    if (name !== "play") buttons[name].setAttribute("aria-label", `${name} step`);
    buttons[name].append(icon(name));
    buttons[name].addEventListener("click", act);
    bar.append(buttons[name]);
  }
  setPlaying(false);
  buttons.play.disabled = last === 0;
  slider.addEventListener("input", () => { pause(); go(at()); });
  bar.append(slider, counter);
  counter.style.minWidth = `${Math.max(...[0, Math.min(1, last), last].map((i) => position(i).length)) / 1.8}em`; // keeps the buttons after it in place
  const keys = { ArrowRight: moves.next, ArrowLeft: moves.previous, Home: moves.first, End: () => go(last), " ": play };
  addEventListener("keydown", (event) => {
    const typed = event.target.matches("input, button") && event.target !== document.body;
    if (typed && (event.key === " " || event.target === slider)) return;
    if (!(event.key in keys) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  const goToHash = () => go(Number(location.hash.slice(1)) || 0);
  addEventListener("hashchange", goToHash);
  return { go, at, start: goToHash };
}

addEventListener("resize", fit);
