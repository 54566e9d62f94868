// The pins: what is on them, and what we put there.

import { attempt, get } from "../api.js";
import { byId, el, replace, whenNew } from "../dom.js";
import { refreshOn } from "../stream.js";

const CHANGES = ["pin_changed", "pin_blinks", "dac_changed", "pwm_changed", "powered_on", "replied"];
const DRIVES = [[null, "free"], [0, "low"], [1, "high"]];

let refresh;

export function startPins() {
  refresh = refreshOn(CHANGES, draw, 200);
}

async function change(path, body) {
  await attempt("PUT", path, body);
  refresh();
}

async function draw() {
  show(await get("/pins"));
}

const show = whenNew(({ pins, adc, dac }) =>
  replace(byId("pins-body"), el("div", { class: "stack" },
    el("div", { class: "pins" }, pins.map(cell)),
    el("div", { class: "row" },
      el("label", { class: "inline" }, "ADC input",
        el("input", { type: "number", min: 0, max: 100000, step: 10, value: adc ?? "", placeholder: "fails", "data-key": "adc",
          onchange: ({ target }) => change("/adc", { millivolts: target.value === "" ? null : Number(target.value) }) }), "mV"),
      el("span", { class: "spacer" }),
      el("span", { class: "soft" }, `DAC output ${dac ? `${dac} mV` : "off"}`)))));

function cell(pin) {
  const now = pin.hertz ? `${pin.hertz} Hz` : pin.level ? "1 high" : "0 low";
  const buttons = DRIVES.map(([level, word]) => el("button", {
    type: "button",
    "aria-pressed": String(pin.driven === level),
    "aria-label": level === null ? `Let go of GPIO${pin.number}` : `Drive GPIO${pin.number} ${word}`,
    "data-key": `${pin.number} ${word}`,
    onclick: () => change(`/pins/${pin.number}`, { level }),
  }, word));
  return el("div", { class: "pin", role: "group", "aria-label": `GPIO${pin.number}` },
    el("b", {}, `GPIO${pin.number}`),
    el("span", { class: `level ${pin.level ? "high" : ""}` }, now),
    el("span", { class: "role" }, doing(pin)),
    el("div", { class: "drive" }, buttons));
}

function doing(pin) {
  if (pin.pwm) return `PWM ${pin.pwm.frequency} Hz, ${pin.pwm.duty} %`;
  return [pin.role.replace(/\b(adc|dac|pwm|spi|wps|led)\b/g, (word) => word.toUpperCase()), pin.is_output ? "output" : ""].filter(Boolean).join(", ");
}
