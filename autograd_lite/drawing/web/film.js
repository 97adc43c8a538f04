"use strict";
// The page of a film: a slider over the steps of a training shows values, gradients, loss and the plane.
const frames = DATA.frames;
const LETTERS = "ABCDEFGHIJKLMNOP0abcdefghijklmnop";
const shade = (level) => `var(--cell-${level < 0 ? "n" : "p"}${Math.abs(level)})`;
const colour = (letter) => (letter === "?" ? "var(--alert)" : shade(LETTERS.indexOf(letter) - 16));

draw(DATA.views[""], main.getAttribute("aria-label"));
const cards = {};
for (const [id, shape] of Object.entries(nodes)) if (!id.startsWith("o")) cards[id] = parts(shape);

// The parts of a card that change: its texts, right-aligned and with their largest width, and its heat cells.
function parts(shape) {
  for (const dash of shape.querySelectorAll('text[font-size="8.00"], .unknown')) dash.remove();
  const rightAligned = (part) => {
    const text = shape.querySelector(`text.${part}`);
    if (!text) return null;
    const width = Number(text.getAttribute("textLength"));
    text.setAttribute("x", Number(text.getAttribute("x")) + width);
    text.style.textAnchor = "end";
    text.removeAttribute("textLength");
    return { text, width };
  };
  const cells = (part) => [...shape.querySelectorAll(`.cell.${part}`)].map((cell) => {
    const dash = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const x = Number(cell.getAttribute("x")), y = Number(cell.getAttribute("y"));
    dash.setAttribute("d", `M${x + 3.5},${y + 6}h5`);
    cell.after(dash);
    return { cell, dash };
  });
  return { shape, texts: [rightAligned("value"), rightAligned("gradient")], cells: [cells("value"), cells("gradient")] };
}

// Writes texts; one that is wider than its space in the card is compressed.
function write(texts) {
  for (const { text, words } of texts) {
    text.removeAttribute("textLength");
    text.textContent = words;
  }
  const wide = texts.filter(({ text, width }) => text.getComputedTextLength() > width);
  for (const { text, width } of wide) text.setAttribute("textLength", width);
}

const states = [];
for (const frame of frames) states.push({ ...states.at(-1), ...frame.cards });

let state = {}; // the numbers of each card in this frame, by id

function contents(id) {
  const { title, lines, notes } = DATA.cards[id], [value, , grad, , , alerts] = state[id];
  const numbers = [["value", value], ["gradient", grad]].filter(([, text]) => text);
  return { title, lines: [...lines, ...numbers], notes: [...notes, ...alerts.map((alert) => `! ${alert}`)] };
}

function show(at) {
  const messages = [], changed = [], widths = {};
  state = states[at];
  for (const [id, [value, shades, grad, gradShades, width, alerts]] of Object.entries(state)) {
    const card = cards[id];
    [value, grad].forEach((words, i) => {
      const place = card.texts[i];
      if (place && place.text.textContent !== words) changed.push({ ...place, words });
    });
    [shades, gradShades].forEach((letters, i) => card.cells[i].forEach(({ cell, dash }, k) => {
      const letter = letters[k] || "0";
      cell.setAttribute("fill", colour(letter));
      dash.setAttribute("stroke", letter < "A" || letter > "P" ? "none" : letter < "H" ? "var(--background)" : "var(--muted)");
    }));
    card.shape.classList.toggle("alarm", alerts.length > 0);
    card.shape.setAttribute("aria-label", spokenText(id));
    widths[id] = width;
    messages.push(...alerts.map((alert) => `! ${DATA.cards[id].title}: ${alert}`));
  }
  write(changed);
  for (const { shape, source, target } of edges) {
    const from = source === `o${target}` ? edges.filter((edge) => edge.target === source).map((edge) => widths[edge.source] || 0) : [widths[source] || 0];
    const width = Math.max(...from);
    if (width) for (const path of shape.querySelectorAll("path")) path.setAttribute("stroke-width", width);
  }
  if (messages.join() !== [...alerts.children].map((line) => line.textContent).join()) {
    alerts.replaceChildren(...messages.map((text) => element("p", {}, text)));
  }
  curve.mark(at);
  if (plane) plane.show(at);
  const text = `step ${frames[at].step}: loss ${frames[at].text}`;
  caption.textContent = text;
  updateTooltip();
  return text;
}

const digits = (x) => (typeof x === "number" ? String(Number(x.toPrecision(4))).replace("-", "−") : x);

function addShape(tag, attributes, parent, text) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
  if (text !== undefined) shape.textContent = text;
  parent.append(shape);
  return shape;
}

function figure(title, width, height, label) {
  const box = element("figure", {}, element("figcaption", {}, title));
  panel.append(box);
  return addShape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, box);
}

// The curve of the loss; on a log scale if the largest loss is more than 50 times the smallest.
function lossCurve(width, height) {
  const losses = frames.map((frame) => frame.loss), known = losses.filter((x) => typeof x === "number");
  const low = Math.min(...known), high = Math.max(...known);
  const log = low > 0 && high > 50 * low;
  const scale = log ? Math.log : (x) => x;
  const left = 70, top = 10, bottom = height - 26, right = width - 12;
  const x = (i) => left + (right - left) * (frames.length > 1 ? i / (frames.length - 1) : 0.5);
  const y = (loss) => bottom - (bottom - top) * (high > low ? (scale(loss) - scale(low)) / (scale(high) - scale(low)) : 0.5);
  const svg = figure(log ? "loss, log scale" : "loss", width, height, `loss from ${frames[0].text} to ${frames.at(-1).text}`);
  addShape("path", { d: `M${left},${top}V${bottom}H${right}`, class: "axis" }, svg);
  for (const value of high > low ? [low, high] : known.slice(0, 1)) addShape("text", { x: left - 8, y: y(value) + 4, class: "tick end" }, svg, digits(value));
  addShape("text", { x: left, y: height - 7, class: "tick" }, svg, frames[0].step);
  addShape("text", { x: right, y: height - 7, class: "tick end" }, svg, `step ${frames.at(-1).step}`);
  let pen = "M";
  const path = losses.map((loss, i) => {
    if (typeof loss !== "number") { pen = "M"; return ""; }
    const point = `${pen}${x(i).toFixed(1)},${y(loss).toFixed(1)}`;
    pen = "L";
    return point;
  }).join("");
  addShape("path", { d: path, class: "curve" }, svg);
  const dot = addShape("circle", { r: 5, class: "dot" }, svg);
  return {
    mark(at) {
      const finite = typeof losses[at] === "number";
      dot.setAttribute("visibility", finite ? "visible" : "hidden");
      if (finite) { dot.setAttribute("cx", x(at)); dot.setAttribute("cy", y(losses[at])); }
    },
  };
}

// The plane: shades of the model's margin, the line where it is 0, and the examples.
function decisionPlane({ name, grid, low, high, points, margins }, size) {
  const left = 70, top = 10, height = top + size + 26;
  const svg = figure("model: orange ■ class 1, blue ● class 0", left + size + 12, height, "decision boundary and examples");
  const plane = addShape("svg", { x: left, y: top, width: size, height: size }, svg);
  const step = size / (grid - 1), cells = [];
  for (let row = 0; row < grid; row++) for (let column = 0; column < grid; column++) {
    cells.push(addShape("rect", { x: (column - 0.5) * step, y: size - (row + 0.5) * step, width: step + 0.5, height: step + 0.5, class: "plane" }, plane));
  }
  const line = addShape("path", { class: "boundary" }, plane);
  for (const [a, b, kind] of points) {
    const x = a * size, y = size - b * size;
    if (kind) addShape("rect", { x: x - 4, y: y - 4, width: 8, height: 8, class: "example" }, plane);
    else addShape("circle", { cx: x, cy: y, r: 4.5, class: "example" }, plane);
  }
  addShape("path", { d: `M${left},${top}V${top + size}H${left + size}`, class: "axis" }, svg);
  const tick = (x, y, words, place = "") => addShape("text", { x, y, class: `tick ${place}` }, svg, words);
  tick(left - 8, top + size, low[1], "end");
  tick(left - 8, top + size / 2, `${name}[:, 1]`, "end");
  tick(left - 8, top + 10, high[1], "end");
  tick(left, height - 7, low[0]);
  tick(left + size / 2, height - 7, `${name}[:, 0]`, "middle");
  tick(left + size, height - 7, high[0], "end");
  return {
    show(at) {
      const value = [...margins[at]].map((letter) => (letter === "?" ? NaN : decodeMargin(letter)));
      cells.forEach((cell, i) => cell.setAttribute("fill", Number.isNaN(value[i]) ? "var(--alert)" : shade(Math.round(16 * value[i]))));
      line.setAttribute("d", contour(value, grid, step, size));
    },
  };
}

// A margin from -1 to 1; its letter is finer near 0, where the boundary is.
function decodeMargin(letter) {
  const level = (LETTERS.indexOf(letter) - 16) / 16;
  return level * Math.abs(level);
}

// The line where a grid of values changes sign: a segment through each square that has both signs.
function contour(value, grid, step, size) {
  const found = [];
  for (let row = 0; row + 1 < grid; row++) for (let column = 0; column + 1 < grid; column++) {
    const corners = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
    const heights = corners.map(([c, r]) => value[r * grid + c]);
    if (heights.some(Number.isNaN)) continue;
    const cuts = [];
    corners.forEach(([c, r], i) => {
      const [d, s] = corners[(i + 1) % 4], a = heights[i], b = heights[(i + 1) % 4];
      if ((a > 0) === (b > 0)) return;
      const part = a / (a - b);
      cuts.push(`${((c + part * (d - c)) * step).toFixed(1)},${(size - (r + part * (s - r)) * step).toFixed(1)}`);
    });
    for (let i = 0; i + 1 < cuts.length; i += 2) found.push(`M${cuts[i]}L${cuts[i + 1]}`);
  }
  return found.join("");
}

const curve = lossCurve(340, 200);
const plane = DATA.plane && decisionPlane(DATA.plane, 258);
const alerts = element("div", { class: "alerts", role: "status" });
panel.append(alerts);
const player = controls(frames.length - 1, 120, show, (at) => `step ${frames[at].step} of ${frames.at(-1).step}`);
player.start();
fit();
enableTransitions();
