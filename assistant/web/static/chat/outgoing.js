// What the shopper wrote and the server has not acknowledged: sent one after the other, in order, until the server has
// it. Kept through a reload. `mark(id, state, words)` is told of each change: sending, sent, failed, refused.
import { Refused } from "./api.js";

const PAUSES_MS = [2000, 4000, 8000, 15000, 30000];
const MOST_KEPT = 20;

export class Outgoing {
  #api;
  #key;
  #mark;
  #waiting;
  #sending = false;
  #failures = 0;
  #timer = 0;

  constructor(api, owner, mark) {
    this.#api = api;
    this.#key = `zhike-unsent-${owner}`;
    this.#mark = mark;
    this.#waiting = this.#kept();
  }

  all() {
    return [...this.#waiting];
  }

  add(message) {
    this.#waiting.push(message);
    this.#keep((kept) => [...kept, message]);
    this.flush();
  }

  // The server has it, whatever became of our request.
  done(clientId) {
    const others = (messages) => messages.filter((message) => message.client_id !== clientId);
    this.#waiting = others(this.#waiting);
    this.#keep(others);
  }

  async flush() {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    while (this.#waiting.length) {
      this.#waiting.forEach((message) => this.#mark(message.client_id, "sending"));
      if (!(await this.#send(this.#waiting[0]))) break;
    }
    this.#sending = false;
  }

  async #send(message) {
    try {
      await this.#api.send(message);
      this.#failures = 0;
      this.done(message.client_id);
      this.#mark(message.client_id, "sent");
    } catch (error) {
      if (!(error instanceof Refused)) {
        this.#later();
        return false;
      }
      this.done(message.client_id);
      this.#mark(message.client_id, "refused", error.message);
    }
    return true;
  }

  #later() {
    const words = navigator.onLine ? "没有发出去" : "等待网络";
    this.#waiting.forEach((message) => this.#mark(message.client_id, "failed", words));
    const pause = PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)];
    this.#timer = setTimeout(() => this.flush(), pause);
  }

  #kept() {
    try {
      return JSON.parse(localStorage.getItem(this.#key) ?? "[]");
    } catch {
      return [];
    }
  }

  // A change to what is kept and not all that waits here: another tab keeps its own in the same place.
  #keep(change) {
    try {
      localStorage.setItem(this.#key, JSON.stringify(change(this.#kept()).slice(-MOST_KEPT)));
    } catch {
      // private mode without storage: the message still lives on the page
    }
  }
}
