// The timeline, as lines.

import { byId, el } from "../dom.js";
import { onEvent } from "../stream.js";

const KEPT = 2000; // events in memory
const SHOWN = 400; // lines in the list
const OCTETS = new Set(["uart_received", "uart_sent", "tcp_data", "udp_datagram", "data_received", "spi_clocked"]);
const KINDS = {
  note: "note",
  tls_failed: "wrong",
  socket_failed: "wrong",
  tcp_failed: "wrong",
  command_received: "command",
  fault_armed: "fault",
  fault_fired: "fault",
};

const events = [];
let paused = false;
let drawing = false;

export function startLog() {
  onEvent((event) => {
    events.push(event);
    if (events.length > KEPT) events.splice(0, events.length - KEPT);
    drawSoon();
  });
  byId("log-filter").addEventListener("input", drawSoon);
  byId("log-all").addEventListener("change", drawSoon);
  const pause = byId("log-pause");
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    drawSoon();
  });
}

function drawSoon() {
  if (drawing || paused) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    draw();
  });
}

function draw() {
  const list = byId("log-lines");
  const atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 30;
  const wanted = byId("log-filter").value.trim().toLowerCase();
  const withOctets = byId("log-all").checked;
  const chosen = events.filter(
    (event) =>
      (withOctets || !OCTETS.has(event.event)) &&
      (!wanted || event.event.includes(wanted) || event.shown.toLowerCase().includes(wanted)),
  );
  list.replaceChildren(...chosen.slice(-SHOWN).map(line));
  if (!chosen.length) list.append(el("li", { class: "empty" }, nothing(wanted)));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

const nothing = (wanted) => (wanted ? `no event has '${wanted}' in it` : "nothing has happened yet");

function line(event) {
  return el(
    "li",
    {},
    el("time", {}, event.time === null ? "" : event.time.toFixed(4)),
    el("span", { class: "number" }, event.entry || ""),
    el("span", { class: `text ${KINDS[event.event] ?? ""}`, title: event.event }, event.shown),
  );
}
