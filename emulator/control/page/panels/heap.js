// Free heap over time, as steps: octets stay free until something takes them.

import { get } from "../api.js";
import { byId, el, replace, svg, whenNew } from "../dom.js";
import { refreshOn } from "../stream.js";

const WIDTH = 560;
const HEIGHT = 170;
const LEFT = 48;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 22;

export function startHeap() {
  refreshOn(null, draw, 500);
}

async function draw() {
  show(await get("/heap"));
}

const show = whenNew((heap) => {
  byId("heap-now").textContent = !heap.history.length ? "" : `${octets(heap.free)} free, least ${octets(heap.minimum)}`;
  replace(byId("heap-body"), heap.history.length ? plot(heap) : el("p", { class: "empty" }, "The module is off."));
});

const octets = (count) => `${count.toLocaleString("en").replaceAll(",", "\u202f")} octets`;

function plot({ history, minimum, free }) {
  const first = history[0].time;
  const last = Math.max(history.at(-1).time, first + 1);
  const most = Math.max(...history.map((sample) => sample.free));
  const step = niceStep(most);
  const top = Math.ceil(most / step) * step;
  const x = (time) => LEFT + ((time - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (count) => TOP + (1 - count / top) * (HEIGHT - TOP - BOTTOM);
  const curve = history.map(({ time, free: count }, number) => (number ? `H${x(time).toFixed(1)}V` : `M${x(time).toFixed(1)} `) + y(count).toFixed(1)).join("") + `H${x(last)}`;
  const ground = y(0);
  const lines = Array.from({ length: top / step + 1 }, (_, number) => number * step);
  return svg("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Free heap: ${free} octets now, ${minimum} at least, ${most} at most` },
    lines.map((count) => [
      svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(count), y2: y(count) }),
      svg("text", { x: LEFT - 6, y: y(count) + 4, "text-anchor": "end" }, count ? `${count / 1000}k` : "0")]),
    svg("path", { class: "area", d: `${curve}V${ground}H${x(first)}Z` }),
    svg("path", { class: "curve", d: curve }),
    svg("line", { class: "lowest", x1: LEFT, x2: WIDTH - RIGHT, y1: y(minimum), y2: y(minimum) }),
    svg("text", { x: LEFT, y: HEIGHT - 5 }, `${first.toFixed(0)} s`),
    svg("text", { x: WIDTH - RIGHT, y: HEIGHT - 5, "text-anchor": "end" }, `${last.toFixed(0)} s`));
}

/** A step for three or four lines. */
const niceStep = (most) => [1000, 2000, 5000, 10000, 20000, 50000, 100000].find((step) => most / step <= 4) ?? 200000;
