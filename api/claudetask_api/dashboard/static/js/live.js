/**
 * The server's events, read with fetch: EventSource can send no token.
 *
 * Whoever opens the stream says which event the state it holds already shows, so nothing between
 * the two is lost. After a break the state is read anew, and the stream goes on from there.
 */

import { headers, renewToken, whyNot, after } from "./api.js";

const SILENCE = 40_000; // the server says something every 15 seconds
const LOOK = 5_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

const listeners = new Map();

/** Calls `listener` for every event of a type; `*` is all of them. Answers how to stop it. */
export function on(type, listener) {
  const all = listeners.get(type) ?? new Set();
  listeners.set(type, all.add(listener));
  return () => all.delete(listener);
}

function tell(type, event) {
  for (const listener of [...(listeners.get(type) ?? [])]) listener(event);
}

/**
 * Follows the stream for as long as the page lives.
 *
 * @param load reads the state and answers the number of the newest event that it shows
 * @param state told "connected" or "waiting"
 */
export async function follow(load, state) {
  for (let pause = FIRST_PAUSE; ; ) {
    try {
      const last = await load().catch((error) => {
        if (error.code === undefined) console.error(error); // a fault of this page
        throw error;
      });
      await read(last, () => {
        pause = FIRST_PAUSE;
        state("connected");
        tell("connected", null);
      });
    } catch {
      // Whatever it was, the next round tells whether it still is.
    }
    state("waiting");
    await Promise.race([after(pause * (0.75 + Math.random() / 2)), online()]);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

function online() {
  return new Promise((done) => addEventListener("online", done, { once: true }));
}

async function read(last, connected) {
  const stop = new AbortController();
  // By the clock on the wall: a timer stands still while the machine sleeps, and the line may be dead then.
  let heard = Date.now();
  const watch = setInterval(() => Math.abs(Date.now() - heard) > SILENCE && stop.abort(), LOOK);
  const back = () => stop.abort(); // another network: what was open on the former one may say nothing more
  addEventListener("online", back);
  try {
    const answer = await fetch("/api/events", { headers: headers({ "Last-Event-ID": String(last) }), signal: stop.signal });
    if (answer.status === 401) await renewToken(await whyNot(answer));
    if (!answer.ok) return;
    connected();
    let rest = "";
    const decoder = new TextDecoder();
    const reader = answer.body.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard = Date.now();
      const frames = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = frames.pop();
      for (const frame of frames) dispatch(frame);
    }
  } finally {
    clearInterval(watch);
    removeEventListener("online", back);
    stop.abort();
  }
}

function dispatch(frame) {
  const fields = {};
  for (const line of frame.split("\n")) {
    const at = line.indexOf(": ");
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 2);
  }
  if (!fields.data) return;
  const event = { ...JSON.parse(fields.data), seq: Number(fields.id) };
  tell(event.type, event);
  tell("*", event);
}
