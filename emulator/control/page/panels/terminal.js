// The serial terminal: types as the host when the line is free, watches when another host has it.

import { Terminal } from "../xterm/xterm.mjs";
import { FitAddon } from "../xterm/addon-fit.mjs";
import { complain } from "../api.js";
import { byId } from "../dom.js";

const TYPED = "\x1b[34m"; // blue: what another host sends
const PLAIN = "\x1b[0m";
const AGAIN = 1500; // milliseconds until a lost connection is tried again

let terminal, socket;
let yours = false;

export function startTerminal() {
  terminal = new Terminal({
    convertEol: false,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
    fontSize: 13,
    lineHeight: 1.15,
    scrollback: 5000,
    allowTransparency: true,
    theme: themeNow(),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(byId("screen"));
  terminal.textarea.setAttribute("aria-label", "Serial terminal; Tab leaves it");
  new ResizeObserver(() => fit.fit()).observe(byId("screen"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (terminal.options.theme = themeNow()));
  // Tab belongs to the page, so nobody is caught here; Ctrl+I is the same octet.
  terminal.attachCustomKeyEventHandler((event) => event.key !== "Tab");
  terminal.onData((text) => send(new TextEncoder().encode(text)));
  terminal.onBinary((text) => send(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  byId("clear").addEventListener("click", () => terminal.clear());
  byId("connect").addEventListener("click", () => claim(yours ? "release" : "claim"));
  byId("boot").addEventListener("click", () => claim("claim"));
  open();
}

function open() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/terminal`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => terminal.reset();
  socket.onmessage = (message) => hear(message.data);
  socket.onclose = () => {
    showHost(null, false, "not connected");
    setTimeout(open, AGAIN);
  };
}

function hear(data) {
  if (typeof data !== "string") {
    terminal.write(new Uint8Array(data));
    return;
  }
  const told = JSON.parse(data);
  if (told.type === "host") showHost(told.host, told.yours);
  else if (told.type === "refused") complain(told.reason);
  else if (told.type === "lost") complain(`${told.entries} events came too fast for this terminal`);
  else if (told.type === "typed" && byId("show-typed").checked) terminal.write(TYPED + shown(told.octets) + PLAIN);
}

/** Octets of another host as text: what cannot be printed as its number, so that no key of ours is played. */
function shown(hex) {
  const octets = hex.match(/../g) ?? [];
  return octets
    .map((pair) => parseInt(pair, 16))
    .map((octet) => (octet === 13 ? "\r\n" : octet >= 32 && octet < 127 ? String.fromCharCode(octet) : `<${octet.toString(16)}>`))
    .join("");
}

function send(octets) {
  if (socket.readyState === WebSocket.OPEN) socket.send(octets);
}

function claim(type) {
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ type }));
  if (type === "claim") terminal.focus();
}

function showHost(host, mine, otherwise) {
  yours = mine;
  const badge = byId("host");
  badge.textContent = otherwise ?? (mine ? "you are the host" : host ? `watching ${host}` : "nobody is connected");
  badge.className = `badge ${mine ? "good" : host ? "warn" : ""}`;
  const connect = byId("connect");
  connect.textContent = mine ? "Disconnect" : "Connect";
  connect.disabled = !mine && (host !== null || otherwise !== undefined);
  connect.title = !mine && host ? `${host} has the line; it is free when that one leaves` : "";
  byId("boot").disabled = connect.disabled;
}

function themeNow() {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return {
    background: colour("--screen"),
    foreground: colour("--ink"),
    cursor: colour("--accent"),
    cursorAccent: colour("--screen"),
    selectionBackground: colour("--teal-back"),
    selectionForeground: colour("--ink"),
    blue: colour("--blue"),
    scrollbarSliderBackground: colour("--line"),
    scrollbarSliderHoverBackground: colour("--soft"),
  };
}
