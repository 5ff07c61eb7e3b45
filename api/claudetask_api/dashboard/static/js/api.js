/** Calls of the REST API, and the token where the server wants one. */

import { prefs } from "./prefs.js";

const TOKEN = "claudetask.token";
const TRIES_AFTER_429 = 2;

/** A refusal: `code` is stable, `detail` a sentence, `problem` all that the server said. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || `The server answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.problem = problem;
  }
}

/** The server cannot be reached. */
export class Offline extends Error {
  constructor() {
    super("The server cannot be reached. What you typed is still here; try again.");
    this.code = "offline";
    this.status = 0;
    this.problem = {};
  }
}

/** Whose token the page uses, as `/api/me` says; null until it was asked. */
export const signed = { me: null };

let token = stored();
let asking = null;
let ask = async () => null;

/** Says how a person is asked for the token; the answer is a text. */
export function askTokenWith(question) {
  ask = question;
}

function stored() {
  try {
    return sessionStorage.getItem(TOKEN);
  } catch {
    return null;
  }
}

export function headers(extra = {}) {
  return token ? { ...extra, Authorization: `Bearer ${inBytes(token)}` } : extra;
}

/** The text as its bytes in UTF-8, a sign for each: a header takes no others. */
function inBytes(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** Forgets the token of this tab. */
export function forget() {
  try {
    sessionStorage.removeItem(TOKEN);
  } catch {
    // Then it was never kept.
  }
}

/** Asks for the token once, however many calls wait for it; `refused` says why the former was not taken. */
export async function renewToken(refused) {
  asking ??= ask(token === null ? null : refused).finally(() => {
    asking = null;
  });
  useToken(await asking);
}

/** Sends this token with every call of the tab from now on. */
export function useToken(secret) {
  token = secret;
  try {
    sessionStorage.setItem(TOKEN, token);
  } catch {
    // Then it is asked for again when the page is opened anew.
  }
}

/**
 * A call.
 *
 * Reads do not name the caller: a read by the holder of a claim renews it, and a page that is
 * open somewhere is no work on the task.
 */
export async function call(method, path, { body, ifMatch, query, signal } = {}) {
  const address = query ? `${path}?${new URLSearchParams(clean(query))}` : path;
  const sent = {};
  if (body !== undefined) sent["Content-Type"] = "application/json";
  // The holder of a token is named by it, and may add a name of their own.
  if (method !== "GET" && (prefs.isNamed || !signed.me?.name)) sent["X-Agent"] = inBytes(prefs.who);
  if (ifMatch !== undefined) sent["If-Match"] = `"${ifMatch}"`;
  for (let tries = 0; ; ) {
    const used = token;
    const answer = await send(address, { method, headers: headers(sent), body: body === undefined ? undefined : JSON.stringify(body), signal });
    if (answer.status === 401) {
      if (used === token) await renewToken(await whyNot(answer));
    } else if (answer.status === 429 && tries < TRIES_AFTER_429 && method === "GET") {
      tries += 1;
      await after(Number(answer.headers.get("Retry-After") ?? 1) * 1000);
    } else {
      return await read(answer);
    }
  }
}

async function send(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Offline();
  }
}

/** What the server says of a token that it does not take. */
export async function whyNot(answer) {
  const { detail } = await answer.json().catch(() => ({}));
  return detail?.replace(/(?<=\.) .*/s, "") ?? "The token was not accepted.";
}

async function read(answer) {
  if (answer.status === 204) return null;
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(answer.status, data);
  return data;
}

function clean(query) {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== ""));
}

export function after(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

export const get = (path, query, signal) => call("GET", path, { query, signal });
export const post = (path, body = {}) => call("POST", path, { body });
export const write = (path, body, ifMatch) => call("PUT", path, { body, ifMatch });
export const remove = (path, ifMatch) => call("DELETE", path, { ifMatch });
