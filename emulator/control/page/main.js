// Starts the page: who we look at, then each panel, then the stream that keeps them fresh.

import { attempt, complain, get, tokenOfLink } from "./api.js";
import { byId, el, replace, whenNew } from "./dom.js";
import { startCaptures } from "./panels/captures.js";
import { startCertificates } from "./panels/certificates.js";
import { startFaults } from "./panels/faults.js";
import { startFiles } from "./panels/files.js";
import { startHandshakes } from "./panels/handshake.js";
import { startHeap } from "./panels/heap.js";
import { startLog } from "./panels/log.js";
import { startPins } from "./panels/pins.js";
import { startTerminal } from "./panels/terminal.js";
import { startWifi } from "./panels/wifi.js";
import { follow, refreshOn } from "./stream.js";

const CHANGES = ["powered_on", "host_present", "indicated", "replied", "fault_armed", "socket_opened", "socket_closed"];

function fact(name, value) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value));
}

async function look() {
  const state = await get("/state");
  showState({ ...state, last_event: 0, free_heap: 0 });
  return state;
}

const showState = whenNew((state) => {
  byId("model").textContent = state.model;
  byId("firmware").textContent = `firmware ${state.firmware}`;
  byId("version").textContent = state.emulator;
  byId("seed").textContent = state.seed;
  document.title = `${state.model} console`;
  replace(
    byId("facts"),
    fact("Wi-Fi", state.is_on ? state.wifi_state.replaceAll("-", " ") : "off"),
    fact("Address", state.address ?? "none"),
    fact("MAC", el("code", {}, state.mac)),
    state.power_mode === "active" ? null : fact("Power", state.power_mode.replaceAll("-", " ")),
    state.restarts ? fact("Resets", state.restarts) : null,
  );
  byId("reset").disabled = !state.is_on;
  byId("curtain").hidden = state.is_on;
});

async function start() {
  await tokenOfLink();
  const state = await look();
  refreshOn(CHANGES, look);
  byId("reset").addEventListener("click", () => attempt("POST", "/reset"));
  startLog();
  startTerminal();
  startHandshakes();
  startFaults();
  startWifi();
  startPins();
  startHeap();
  startFiles();
  startCertificates();
  startCaptures();
  follow(state.last_event);
}

start().catch((failure) => complain(failure.message));
