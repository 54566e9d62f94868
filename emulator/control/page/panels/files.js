// Files on the module's volumes.

import { addressOf, attempt, get } from "../api.js";
import { button, byId, el, replace, whenNew } from "../dom.js";
import { refreshOn } from "../stream.js";

let refresh;

export function startFiles() {
  refresh = refreshOn(["replied", "powered_on", "http_answered"], draw, 800);
}

async function change(method, path, body) {
  await attempt(method, path, body);
  refresh();
}

async function draw() {
  show(await get("/files"));
}

const show = whenNew((volumes) => replace(byId("files-body"), el("div", { class: "things" }, volumes.map(volume))));

function volume(one) {
  return el("div", { class: "thing" },
    el("div", { class: "row" },
      el("b", {}, `${one.number}: ${one.title}`),
      el("span", { class: "soft" }, one.mounted ? `${size(one.free)} free` : "not mounted"),
      el("span", { class: "spacer" }),
      one.read_only || !one.mounted ? el("span", { class: "badge" }, one.read_only ? "read only" : "") : upload(one)),
    one.files.length ? table(one) : el("p", { class: "empty" }, "no files"));
}

function upload(one) {
  const input = el("input", { type: "file", hidden: true, "aria-hidden": "true", tabindex: "-1", onchange: ({ target }) => {
    for (const file of target.files) change("PUT", `/files/${one.number}/${encodeURIComponent(file.name)}`, file);
  } });
  return el("span", {}, input, button("Upload…", () => input.click(), { "aria-label": `Upload a file to the ${one.title}` }));
}

function table(one) {
  const rows = one.files.map((file) => {
    const path = `/files/${one.number}/${encodeURIComponent(file.name)}`;
    const remove = one.read_only ? null : button("Delete", () => change("DELETE", path), { class: "plain danger", "aria-label": `Delete ${file.name}` });
    return el("tr", {},
      el("td", {}, el("a", { href: addressOf(path), download: file.name }, file.name)),
      el("td", { class: "number" }, size(file.size)),
      el("td", { class: "act" }, remove));
  });
  return el("table", {}, el("tbody", {}, rows));
}

const size = (octets) => (octets < 10000 ? `${octets} B` : `${(octets / 1024).toFixed(1)} KiB`);
