// Follows the timeline, and tells whoever wants to know that something changed.

import { byId } from "./dom.js";

const PAST = 400; // events that a page shows of what was before it
const readers = [];
const watchers = [];

/** Call `read` with each event. */
export const onEvent = (read) => readers.push(read);

/**
 * Call `refresh` soon after events of these kinds, once for many of them, and never again before it is done.
 * Without kinds it is called after every event.
 */
export function refreshOn(kinds, refresh, pause = 150) {
  const soon = gathered(refresh, pause);
  watchers.push({ kinds: kinds && new Set(kinds), soon });
  return soon;
}

function gathered(refresh, pause) {
  let waiting = false;
  let again = false;
  const run = async () => {
    try {
      await refresh();
    } catch {
      // The connection tells; the next event tries again.
    }
    waiting = false;
    if (again) soon();
  };
  const soon = () => {
    again = waiting;
    if (waiting) return;
    waiting = true;
    setTimeout(run, pause);
  };
  return soon;
}

/** Refresh everything. */
export const refreshAll = () => watchers.forEach(({ soon }) => soon());

/** Follow the stream from a little before now; a run that was restarted is begun anew. */
export function follow(last) {
  let run = null;
  const source = new EventSource(`/api/v1/events/stream?shown=true&after=${Math.max(0, last - PAST)}`);
  source.onopen = () => showConnection("live", "good");
  source.onerror = () => showConnection("the emulator does not answer", "bad");
  source.addEventListener("hello", (message) => {
    const now = JSON.parse(message.data).run;
    if (run !== null && run !== now) location.reload();
    run = now;
    refreshAll();
  });
  source.addEventListener("lost", (message) => {
    const lost = JSON.parse(message.data).entries;
    deliver({ entry: 0, time: null, event: "note", shown: `${lost} events came too fast to be shown` });
  });
  source.onmessage = (message) => deliver(JSON.parse(message.data));
  addEventListener("pagehide", () => source.close());
}

function deliver(event) {
  for (const read of readers) read(event);
  for (const { kinds, soon } of watchers) if (!kinds || kinds.has(event.event)) soon();
}

function showConnection(text, kind) {
  const place = byId("connection");
  place.textContent = text;
  place.className = `link-state ${kind}`;
}
