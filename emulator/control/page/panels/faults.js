// Fault switches: every fault of the catalogue by its point, what is armed, and how far that has come.

import { attempt, get } from "../api.js";
import { button, byId, el, replace, toggle, whenNew } from "../dom.js";
import { refreshOn } from "../stream.js";

let catalogue = [];
let armed = [];
const numbers = new Map(); // what was typed beside a switch, by the fault's name
const open = new Set(["signature"]);

export function startFaults() {
  byId("fault-filter").addEventListener("input", drawCatalogue);
  byId("disarm-all").addEventListener("click", () => attempt("DELETE", "/faults"));
  const showArmed = whenNew(drawArmed);
  const showSwitches = whenNew(drawCatalogue);
  refreshOn(["fault_armed", "fault_fired"], async () => {
    if (!catalogue.length) catalogue = await get("/faults/catalogue");
    armed = await get("/faults");
    showArmed(armed);
    showSwitches([catalogue.length, armed.map((one) => one.fault)]);
  });
}

function drawArmed() {
  byId("armed-count").textContent = armed.length ? `${armed.length} armed` : "";
  byId("armed-count").className = "badge warn";
  byId("disarm-all").disabled = !armed.length;
  const rows = armed.map((one) => el("li", {},
    el("code", {}, one.fault),
    el("span", { class: "soft" }, progress(one)),
    button("×", () => disarm(one.fault), { class: "plain", "aria-label": `Disarm ${one.fault}` })));
  replace(byId("armed"), rows.length ? el("ul", { class: "armed", "aria-label": "Armed faults" }, rows) : el("p", { class: "empty" }, "Nothing is armed: the module is well."));
}

function progress({ awaiting, fired, passings }) {
  if (awaiting) return "waits for its line";
  return passings ? `fired ${fired} of ${passings}` : "not met yet";
}

function drawCatalogue() {
  const words = byId("fault-filter").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (fault) => words.every((word) => `${fault.name} ${fault.effect} ${fault.peer}`.toLowerCase().includes(word));
  const groups = Object.groupBy(catalogue.filter(fits), (fault) => fault.point);
  const parts = Object.entries(groups).map(([point, faults]) => group(point, faults, words.length > 0));
  replace(byId("catalogue"), parts.length ? parts : el("p", { class: "empty" }, catalogue.length ? "No fault has these words in it." : "Loading…"));
}

function group(point, faults, forced) {
  const count = armed.filter((one) => one.fault.startsWith(`${point}=`)).length;
  return el("details", { class: "group", open: forced || open.has(point), ontoggle: (event) => { if (!forced) (event.target.open ? open.add(point) : open.delete(point)); } },
    el("summary", { "data-key": `group ${point}` }, point.charAt(0).toUpperCase() + point.slice(1), el("span", { class: "badge" }, faults.length),
      count ? el("span", { class: "badge warn" }, `${count} armed`) : null),
    faults.map(row));
}

function row(fault) {
  const isArmed = armed.some((one) => one.name === fault.name);
  return el("div", { class: "fault", "data-fault": fault.name },
    toggle(`Arm ${fault.name}`, isArmed, (on) => (on ? arm(fault) : disarm(fault.name)), fault.name),
    el("span", { class: "name" }, fault.name.replace("=", "=\u200b")),
    fault.value ? number(fault) : null,
    el("span", { class: "effect" }, sentence(fault.effect)),
    el("span", { class: "peer" }, `A careful peer should ${fault.peer}.`));
}

function number(fault) {
  return el("label", { class: "inline number" }, fault.value.split(",")[0],
    el("input", { type: "number", min: 0, placeholder: fault.default ?? "", value: numbers.get(fault.name) ?? "",
      "data-key": `${fault.name} number`, oninput: ({ target }) => numbers.set(fault.name, target.value) }));
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function arm(fault) {
  const value = numbers.get(fault.name);
  const when = byId("fault-when").value.trim().replace(/,\s+/g, ",");
  return attempt("POST", "/faults", { fault: fault.name + (value ? `:${value}` : "") + (when ? `@${when}` : "") });
}

const disarm = (fault) => attempt("DELETE", `/faults?fault=${encodeURIComponent(fault)}`);
