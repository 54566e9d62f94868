// The certificate stores: what is in their slots. Private keys go in here and never come out.

import { attempt, get } from "../api.js";
import { button, byId, el, replace, whenNew } from "../dom.js";
import { refreshOn } from "../stream.js";

const STORES = { tls: "TLS (TLSCERT)", wpae: "WPA enterprise (WPAECERT)" };
const SLOTS = { ca: "CA", cert: "own certificates", key: "private key", auth: "the CA key's id" };

let refresh;

export function startCertificates() {
  refresh = refreshOn(["replied", "powered_on"], draw, 800);
}

async function change(method, path, body) {
  await attempt(method, path, body);
  refresh();
}

async function draw() {
  show(await get("/certificates"));
}

const show = whenNew((slots) => replace(byId("certificates-body"), el("div", { class: "things" },
  Object.entries(STORES).map(([store, title]) => card(store, title, slots.filter((slot) => slot.store === store))))));

function card(store, title, slots) {
  const isEmpty = slots.every((slot) => !slot.octets);
  return el("div", { class: "thing" },
    el("div", { class: "row" }, el("b", {}, title), el("span", { class: "spacer" }),
      button("Empty", () => change("DELETE", `/certificates/${store}`), { class: "danger", "aria-label": `Empty the store ${title}`, disabled: isEmpty })),
    el("table", {}, el("tbody", {}, slots.map(row))));
}

function row(slot) {
  const input = el("input", { type: "file", hidden: true, "aria-hidden": "true", tabindex: "-1",
    onchange: ({ target }) => target.files.length && change("PUT", `/certificates/${slot.store}/${slot.slot}`, target.files[0]) });
  return el("tr", {},
    el("th", { scope: "row" }, SLOTS[slot.slot]),
    el("td", {}, slot.octets ? content(slot) : el("span", { class: "soft" }, "empty")),
    el("td", { class: "act" }, input, button("Put…", () => input.click(), { "aria-label": `Put a file into the slot ${slot.slot} of ${slot.store}` })));
}

function content(slot) {
  if (slot.remark) return el("span", { class: "wrong" }, slot.remark);
  if (slot.key) return [slot.key, slot.key_fits === null ? null : el("span", { class: `badge ${slot.key_fits ? "good" : "bad"}` }, slot.key_fits ? "✓ fits the certificate" : "✗ fits another certificate")].filter(Boolean).flatMap((part) => [part, " "]);
  if (slot.key_id) return el("code", {}, slot.key_id.match(/../g).join(":"));
  return slot.certificates.map((one) => el("div", {},
    el("div", {}, one.subject), el("div", { class: "soft" }, `${one.key}, ${one.not_before.slice(0, 10)} to ${one.not_after.slice(0, 10)}${one.is_ca ? ", CA" : ""}`)));
}
