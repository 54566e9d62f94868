// Asks the emulator, and shows what it refuses.

import { byId, el } from "./dom.js";

const API = "/api/v1";

/** Ask for something; JSON, or null when there is none. Throws an Error with the emulator's own words. */
export async function ask(method, path, body) {
  const isFile = body instanceof Blob;
  const response = await fetch(API + path, {
    method,
    headers: body === undefined || isFile ? {} : { "Content-Type": "application/json" },
    body: body === undefined || isFile ? body : JSON.stringify(body),
  });
  if (response.status === 401 && (await logIn())) return ask(method, path, body);
  if (!response.ok) throw new Error((await problemOf(response)).detail);
  return response.status === 204 ? null : response.json();
}

export const get = (path) => ask("GET", path);

/** Do something; whether it worked. What is refused is shown to the user. */
export async function attempt(method, path, body) {
  try {
    await ask(method, path, body);
    return true;
  } catch (failure) {
    complain(failure.message);
    return false;
  }
}

/** Where a file can be fetched from. */
export const addressOf = (path) => API + path;

/** Show a line that stays until it is put away. */
export function complain(text) {
  const shown = byId("messages").lastElementChild;
  if (shown?.querySelector("p").textContent === text) return;
  const line = el("div", { class: "message" }, el("p", {}, text));
  line.append(el("button", { type: "button", class: "plain", "aria-label": "Put this message away", onclick: () => line.remove() }, "×"));
  const all = byId("messages");
  all.append(line);
  while (all.children.length > 4) all.firstChild.remove();
}

async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return { detail: `the emulator answered ${response.status}` };
  }
}

let loggingIn = null;

/** Have the user show the token; true when that worked. */
function logIn() {
  loggingIn ??= askForToken().finally(() => (loggingIn = null));
  return loggingIn;
}

/** Log in with the link that the ready line shows: it brings the token behind a `#`, which no server ever sees. */
export async function tokenOfLink() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  await showToken(token);
}

async function showToken(token) {
  const response = await fetch(`${API}/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  return response.ok;
}

function askForToken() {
  const dialog = byId("login");
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.querySelector("form").onsubmit = async (event) => {
      event.preventDefault();
      const isRight = await showToken(byId("token").value.trim());
      byId("login-wrong").textContent = isRight ? "" : "This is not the token of this run.";
      if (!isRight) return;
      dialog.close();
      resolve(true);
    };
    dialog.oncancel = (event) => event.preventDefault();
  });
}
