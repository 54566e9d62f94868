// The last TLS handshakes: a ladder of messages, and the octets of the module's signature.

import { get } from "../api.js";
import { byId, el, replace, whenNew } from "../dom.js";
import { refreshOn } from "../stream.js";

const CHANGES = ["tls_message", "signature_made", "tls_finished", "tls_failed", "fault_fired"];
const PARTS = { frame: "frame", "sign octet": "sign", trailing: "trailing" };

let handshakes = [];
let chosen = null; // a connection's number; null for the newest
let partsOpen = false;

export function startHandshakes() {
  byId("which").addEventListener("change", (event) => {
    chosen = event.target.selectedIndex === 0 ? null : Number(event.target.value);
    draw();
  });
  const show = whenNew((found) => {
    handshakes = found;
    draw();
  });
  refreshOn(CHANGES, async () => show(await get("/handshakes")));
}

function draw() {
  const handshake = handshakes.find((one) => one.connection === chosen) ?? handshakes[0];
  byId("choose").hidden = handshakes.length < 2;
  replace(
    byId("which"),
    handshakes.map((one, number) =>
      el("option", { value: one.connection, selected: one === handshake },
        `${number ? `connection ${one.connection}` : "the last"}: ${word(one)}`)),
  );
  replace(byId("handshake-body"), handshake ? body(handshake) : nothing());
}

function nothing() {
  return el("div", { class: "stack empty" },
    el("p", {}, "No TLS handshake yet. Let the host open a secure connection, for example:"),
    el("p", {}, el("code", {}, "AT+S.HTTPGET=192.168.0.2,/,443,2")));
}

const word = (handshake) => handshake.outcome ?? "under way";

function body(handshake) {
  return el("div", { class: "stack" },
    outcome(handshake),
    ladder(handshake),
    handshake.signature ? signature(handshake) : null);
}

function outcome(handshake) {
  const kind = { complete: "good", failed: "bad" }[handshake.outcome] ?? "";
  const title = { complete: "✓ Complete", failed: "✗ Failed" }[handshake.outcome] ?? "… Under way";
  return el("div", { class: `outcome ${kind}` },
    el("b", {}, title),
    el("span", {}, handshake.detail),
    handshake.faults.map((one) => el("span", { class: "badge warn" }, `fault ${one.fault}`)));
}

function ladder(handshake) {
  const rows = handshake.messages.map((message) => el("li", {},
    el("time", {}, milliseconds(message.time)),
    el("div", { class: `lane ${message.direction} ${lane(message)}` }, el("span", { class: "name" }, name(message))),
    el("span", { class: "size" }, `${message.size} B`)));
  return el("div", { class: "ladder" },
    el("div", { class: "ends" }, el("div", {}, el("span", {}, "module"), el("span", {}, handshake.remote || "peer"))),
    el("ol", { "aria-label": "Messages of the handshake" }, rows));
}

const lane = ({ name }) => ({ Alert: "alert", CertificateVerify: "signed" })[name] ?? "";

function name(message) {
  const way = message.direction === "sent" ? "sent: " : "received: ";
  return [el("span", { class: "sr" }, way), message.detail ? `${message.name} ${message.detail}` : message.name];
}

const milliseconds = (seconds) => `${(seconds * 1000).toFixed(1)} ms`;

function signature(handshake) {
  const { signature: made, verdict } = handshake;
  const octets = made.octets.match(/../g) ?? [];
  const what = [made.algorithm === "ecdsa" ? `ECDSA ${made.curve}` : "RSA", made.hash_name.toUpperCase(), `${octets.length} octets`];
  return el("div", { class: "signature" },
    el("div", { class: "row" },
      el("h3", {}, `The module's signature: ${what.join(", ")}`), el("span", { class: "spacer" }), judgement(made, verdict)),
    drawing(made, octets),
    verdict?.text ? el("p", { class: "wrong" }, capital(`${verdict.text}.`)) : null,
    made.proves.map((line) => el("p", { class: "hint" }, line)),
    made.marks.length ? partsTable(made, octets) : null);
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function judgement(made, verdict) {
  if (verdict) {
    return el("span", { class: `badge ${verdict.correct ? "good" : "bad"}`, id: "verdict" },
      verdict.correct ? "✓ correct" : `✗ defect: ${verdict.defects.join(", ")}`);
  }
  if (made.strict_der === null) return null;
  return el("span", { class: `badge ${made.strict_der ? "" : "bad"}`, id: "verdict" },
    made.strict_der ? "strict DER" : "✗ no strict DER");
}

/** The octets as cells, a row for each number; words and outlines say what the colours say. */
function drawing(made, octets) {
  const whole = { start: 0, size: octets.length, field: "signature", part: "number", meaning: "", flaw: null, wrong: "" };
  const rows = [];
  for (const mark of made.marks.length ? made.marks : [whole]) {
    if (rows.at(-1)?.field !== mark.field) rows.push({ field: mark.field, parts: [] });
    if (mark.flaw === "sign-octet-missing") rows.at(-1).parts.push(missing());
    rows.at(-1).parts.push(part(mark, octets.slice(mark.start, mark.start + mark.size)));
  }
  return el("div", { class: "octets", role: "img", "aria-label": described(made, octets) },
    rows.map(({ parts }) => el("div", { class: "field" }, parts)));
}

function part(mark, octets) {
  // Of a number whose sign octet is missing it is the first octet that asks for it.
  const cause = mark.flaw === "sign-octet-missing";
  const cells = octets.map((octet, place) => el("span", { class: cause && place === 0 ? "cell cause" : "cell" }, octet));
  const isFlawed = mark.flaw && !cause;
  return el("div", { class: `part ${PARTS[mark.part] ?? mark.field} ${isFlawed ? "flawed" : ""}` },
    el("span", { class: "label" }, isFlawed ? `⚠ ${label(mark)}: ${mark.flaw}` : label(mark)),
    el("div", { class: "cells" }, cells));
}

const missing = () => el("div", { class: "part missing" },
  el("span", { class: "label" }, "⚠ missing"), el("div", { class: "cells" }, el("span", { class: "cell" }, "00")));

function label(mark) {
  if (mark.part === "frame") return mark.field === "signature" ? "SEQUENCE" : `INTEGER ${mark.field}`;
  if (mark.part === "sign octet") return mark.flaw ? "zero" : "sign";
  if (mark.part === "trailing") return "trailing";
  return mark.field === "signature" ? "RSA" : mark.field;
}

function described(made, octets) {
  const parts = made.marks.map((mark) => (mark.wrong ? `${mark.meaning}, wrong: ${mark.wrong}` : mark.meaning));
  return `Signature of ${octets.length} octets. ${parts.join("; ")}`;
}

function partsTable(made, octets) {
  const rows = made.marks.map((mark) => {
    const shown = octets.slice(mark.start, mark.start + Math.min(mark.size, 8)).join(" ");
    return el("tr", {},
      el("td", { class: "number" }, mark.start),
      el("td", { class: "mono" }, mark.size > 8 ? `${shown} …` : shown),
      el("td", {}, mark.meaning, mark.wrong ? el("span", { class: "wrong" }, ` ⚠ ${mark.wrong}`) : null));
  });
  return el("details", { class: "parts", open: partsOpen, ontoggle: (event) => (partsOpen = event.target.open) },
    el("summary", { "data-key": "parts" }, "Octet by octet"),
    el("table", {},
      el("thead", {}, el("tr", {}, el("th", { class: "number" }, "at"), el("th", {}, "octets"), el("th", {}, "meaning"))),
      el("tbody", {}, rows)));
}
