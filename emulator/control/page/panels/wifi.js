// What is around the radio: access points, stations of the miniAP, and names that DNS answers or not.

import { attempt, get } from "../api.js";
import { adding, button, byId, el, replace, toggle, whenNew } from "../dom.js";
import { refreshOn } from "../stream.js";

const EVERY = 5000; // milliseconds: what tests change in the air leaves no event
const lists = { points: el("ul", { class: "things" }), stations: el("ul", { class: "things" }), names: el("div", { class: "row" }) };

export function startWifi() {
  replace(byId("wifi-body"), el("div", { class: "stack" },
    el("h3", {}, "Access points"), lists.points,
    adding("Add", [
      { label: "Network", name: "ssid", required: true, placeholder: "home" },
      { label: "Pass phrase", name: "passphrase", placeholder: "none: open" },
    ], ({ ssid, passphrase }) => change("POST", "/access-points", passphrase ? { ssid, passphrase } : { ssid })),
    el("h3", { class: "rule" }, "Stations for the module's miniAP"), lists.stations,
    adding("Let join", [
      { label: "MAC address", name: "mac", required: true, placeholder: "02:A9:D2:A0:FF:A0", pattern: "[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}" },
      { label: "Address", name: "address", placeholder: "by DHCP" },
    ], ({ mac, address }) => change("POST", "/stations", address ? { mac, address } : { mac })),
    el("h3", { class: "rule" }, "Names"), lists.names));
  const refresh = refreshOn(["indicated", "powered_on"], draw, 300);
  setInterval(() => document.hidden || refresh(), EVERY);
}

async function change(method, path, body) {
  const done = await attempt(method, path, body);
  await draw();
  return done;
}

async function draw() {
  show(await Promise.all([get("/access-points"), get("/stations"), get("/names")]));
}

const show = whenNew(([points, stations, names]) => {
  replace(lists.points, points.length ? points.map(accessPoint) : empty("Nothing is in the air: a module that looks for a network scans for ever."));
  replace(lists.stations, stations.length ? stations.map(station) : empty("No device is in range."));
  replace(lists.names,
    toggle("Let DNS answer names", !names.all_fail, (on) => (on ? change("DELETE", "/names/failures") : change("POST", "/names/failures", {}))),
    el("span", { class: "grow" }, names.all_fail ? "DNS answers nothing" : names.failing.length ? `DNS does not answer ${names.failing.join(", ")}` : "DNS answers"),
    resolver(names.resolver));
});

const empty = (text) => el("li", { class: "empty" }, text);

function resolver(now) {
  const options = ["works", "busy", "fails"].map((state) => el("option", { value: state, selected: state === now }, state));
  const set = (event) => change("PUT", "/names/resolver", { resolver: event.target.value });
  return el("label", { class: "inline" }, "resolver", el("select", { "data-key": "resolver", onchange: set }, options));
}

function accessPoint(point) {
  const path = `/access-points/${encodeURIComponent(point.bssid)}`;
  const who = point.ssid || point.bssid;
  return el("li", { class: "thing" },
    el("div", { class: "row" },
      el("b", {}, point.ssid || "(no name)"),
      el("span", { class: "badge" }, point.security),
      el("span", { class: "soft" }, `channel ${point.channel}`),
      el("span", { class: "spacer" }),
      point.has_module ? el("span", { class: "badge good" }, "✓ joined") : null),
    signal(`Signal of ${who}`, point.rssi, (rssi) => change("PUT", `${path}/signal`, { rssi })),
    el("div", { class: "row" },
      el("span", { class: "inline" }, toggle(`DHCP of ${who}`, point.dhcp, (on) => change(on ? "POST" : "DELETE", `${path}/dhcp`)), "DHCP"),
      el("span", { class: "spacer" }),
      button("Throw out", () => change("POST", `${path}/deauthentication`, { code: 3 }), { "aria-label": `Deauthenticate from ${who}`, disabled: !point.has_module }),
      button("Remove", () => change("DELETE", path), { class: "danger", "aria-label": `Remove ${who}` })));
}

function station(peer) {
  const path = `/stations/${peer.mac}`;
  return el("li", { class: "thing" },
    el("div", { class: "row" },
      el("b", { class: "mono" }, peer.mac),
      el("span", { class: "soft" }, peer.address ?? "by DHCP"),
      el("span", { class: "spacer" }),
      peer.joined ? el("span", { class: "badge good" }, "✓ joined") : el("span", { class: "badge" }, "in range")),
    signal(`Signal of ${peer.mac}`, peer.rssi, (rssi) => change("PUT", `${path}/signal`, { rssi })),
    el("div", { class: "row" },
      el("span", { class: "inline" }, toggle(`${peer.mac} speaks`, !peer.silent, (on) => change("PUT", `${path}/silence`, { silent: !on })), "speaks"),
      el("span", { class: "spacer" }),
      button("Leave", () => change("DELETE", path), { class: "danger", "aria-label": `Let ${peer.mac} leave` })));
}

/** A slider that shows its value while it moves and sets it when it is let go. */
function signal(label, rssi, set) {
  const output = el("output", {}, `${rssi} dBm`);
  return el("span", { class: "signal" },
    el("input", { type: "range", min: -100, max: -20, value: rssi, "aria-label": `${label}, dBm`, "data-key": label,
      oninput: (event) => (output.textContent = `${event.target.value} dBm`), onchange: (event) => set(Number(event.target.value)) }),
    output);
}
