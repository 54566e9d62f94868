// Captures: begun and ended here, fetched from here.

import { addressOf, ask, attempt, complain, get } from "../api.js";
import { button, byId, el, replace, whenNew } from "../dom.js";
import { refreshOn } from "../stream.js";

const FORMS = { pcapng: "for Wireshark (pcapng)", jsonl: "timeline as JSON lines", text: "timeline as text", transcript: "dialogue, to be played again" };
const EVERY = 2000; // milliseconds between looks at a file that grows

const list = el("ul", { class: "things" });
let running = false;

export function startCaptures() {
  const form = el("select", { "aria-label": "What to capture" }, Object.entries(FORMS).map(([value, text]) => el("option", { value }, text)));
  const secrets = el("input", { type: "checkbox" });
  const start = async () => {
    try {
      await ask("POST", "/captures", { form: form.value, secrets: secrets.checked && form.value === "pcapng" });
    } catch (failure) {
      complain(failure.message);
    }
    draw();
  };
  replace(byId("captures-body"), el("div", { class: "stack" },
    el("div", { class: "row" }, el("span", { class: "grow" }, form),
      el("label", { class: "check" }, secrets, "with TLS keys"),
      button("Start", start, { class: "primary" })),
    list));
  const refresh = refreshOn([], draw);
  setInterval(() => running && !document.hidden && refresh(), EVERY);
}

async function change(method, path) {
  await attempt(method, path);
  await draw();
}

async function draw() {
  show(await get("/captures"));
}

const show = whenNew((captures) => {
  running = captures.some((one) => one.running);
  replace(list, captures.length ? captures.map(row) : el("li", { class: "empty" }, "Nothing is captured."));
});

function row(one) {
  const path = `/captures/${one.id}`;
  return el("li", { class: "thing" }, el("div", { class: "row" },
    el("b", {}, `${one.id}: ${one.form}`),
    el("span", { class: "soft" }, `${one.octets} octets`),
    el("span", { class: `badge ${one.failure ? "bad" : one.running ? "good" : ""}` }, one.failure ?? (one.running ? "● running" : "ended")),
    el("span", { class: "spacer" }),
    one.running ? button("Stop", () => change("POST", `${path}/stop`), { "aria-label": `Stop capture ${one.id}` }) : null,
    el("a", { href: addressOf(path), download: `spwf04sx-${one.id}.${one.form}` }, "Fetch"),
    button("Delete", () => change("DELETE", path), { class: "plain danger", "aria-label": `Delete capture ${one.id}` })));
}
