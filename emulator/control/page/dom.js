// Makes elements, and replaces what stands in one without disturbing who works there.

/** Make an element: `el("button", {class: "primary", onclick: go}, "Go")`. Texts are never read as HTML. */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value === "boolean") element[key] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export const byId = (id) => document.getElementById(id);

/**
 * Put children in place of what an element holds. Whoever works there goes on: focus and what was typed are found again
 * by data-key.
 */
export function replace(element, ...children) {
  const active = element.contains(document.activeElement) ? document.activeElement : null;
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  if (!active?.dataset.key) return;
  const again = element.querySelector(`[data-key="${CSS.escape(active.dataset.key)}"]`);
  if (again?.matches("input")) again.value = active.value;
  again?.focus();
}

/** A function that calls `render` with data only when that is other data than before: what is the same stays as it is. */
export function whenNew(render) {
  let before;
  return (data) => {
    const now = JSON.stringify(data);
    if (now === before) return;
    before = now;
    render(data);
  };
}

/** A switch that reads out its state; `change` gets the wanted one. */
export function toggle(label, on, change, key = label) {
  return el("button", {
    type: "button",
    class: "switch",
    role: "switch",
    "aria-checked": String(on),
    "aria-label": label,
    title: label,
    "data-key": key,
    onclick: () => change(!on),
  });
}

/** A button that does one thing. */
export function button(text, act, attributes = {}) {
  return el("button", { type: "button", onclick: act, "data-key": attributes["aria-label"] ?? text, ...attributes }, text);
}

/** A form that adds something: fields with labels and a button; `add` gets the values by name. */
export function adding(action, fields, add) {
  const inputs = Object.fromEntries(fields.map(({ label, name, ...rest }) => [name, el("input", { name, ...rest })]));
  const submit = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]));
    if (await add(values)) for (const input of Object.values(inputs)) input.value = "";
  };
  const labels = fields.map(({ label, name }) => el("label", {}, label, inputs[name]));
  return el("form", { class: "add", onsubmit: submit, autocomplete: "off" }, labels, el("button", { type: "submit" }, action));
}
