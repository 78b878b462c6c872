// The log of messages: what the shopper said, what came back, what is being written.
import { button, card, confirmCard, download, el, sources } from "./parts.js";

const clock = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" });
const QUIET_MS = 5 * 60 * 1000;

export class Log {
  #box;
  #empty;
  #on;
  #mine = new Map();
  #seen = new Set();
  #lastAt = 0;
  #writing = null;

  constructor(box, empty, on) {
    this.#box = box;
    this.#empty = empty;
    this.#on = on;
    new ResizeObserver(() => this.#toEnd()).observe(box); // quick replies and keyboards make the log shorter
  }

  mine(message, at) {
    if (this.#mine.has(message.client_id)) return;
    this.#dropConfirms();
    const row = this.#row("row row--mine", "我", at);
    row.body.append(el("div", "bubble", message.text));
    const note = el("div", "row__note");
    row.body.append(note);
    this.#mine.set(message.client_id, { message, note });
    this.#toEnd();
  }

  mark(clientId, state, words = "") {
    const entry = this.#mine.get(clientId);
    if (!entry) return;
    const failed = state === "failed" || state === "refused";
    entry.note.className = failed ? "row__note row__note--failed" : "row__note";
    entry.note.textContent = state === "sending" ? "发送中…" : words;
    if (state === "failed") entry.note.append(button("row__retry", "重发", () => this.#on.retry(entry.message)));
  }

  theirs(message) {
    if (this.#seen.has(message.id)) return;
    this.#seen.add(message.id);
    this.typing(false);
    this.#dropConfirms();
    const row = this.#row("row", message.author === "agent" ? "客" : "知", new Date(message.at));
    row.body.append(el("div", "bubble", message.text));
    const reply = message.reply ?? {};
    if (reply.cards?.length) {
      const strip = el("div", "cards");
      strip.append(...reply.cards.map((c) => card(c, this.#on.say)));
      row.body.append(strip);
    }
    if (reply.confirm) row.body.append(confirmCard(reply.confirm, this.#on.say, true));
    if (reply.download) row.body.append(download(reply.download));
    if (reply.citations?.length) row.body.append(sources(reply.citations));
    this.#toEnd();
  }

  stream(piece) {
    if (!this.#writing?.bubble) {
      this.typing(false);
      const row = this.#row("row", "知", null);
      row.element.dataset.writing = "true";
      const bubble = el("div", "bubble");
      row.body.append(bubble);
      this.#writing = { element: row.element, bubble };
    }
    this.#writing.bubble.textContent += piece;
    this.#toEnd();
  }

  typing(on) {
    if (!on || this.#writing) {
      if (!on) { this.#writing?.element.remove(); this.#writing = null; }
      return;
    }
    const row = this.#row("row", "知", null);
    const dots = el("div", "bubble typing");
    dots.setAttribute("aria-label", "正在输入");
    dots.append(el("i"), el("i"), el("i"));
    row.body.append(dots);
    this.#writing = { element: row.element, bubble: null };
    this.#toEnd();
  }

  notice(words) {
    this.#box.append(el("div", "day", words));
    this.#toEnd();
  }

  settle() {
    this.#empty.hidden = this.#mine.size + this.#seen.size > 0;
    this.#toEnd();
  }

  #dropConfirms() {
    this.#box.querySelectorAll(".confirm__buttons button").forEach((b) => { b.disabled = true; });
  }

  #row(className, face, at) {
    this.#empty.hidden = true;
    if (at && at - this.#lastAt > QUIET_MS) this.#box.append(el("div", "day", clock.format(at)));
    if (at) this.#lastAt = at;
    const element = el("div", className);
    const icon = el("div", "row__face", face);
    icon.setAttribute("aria-hidden", "true");
    const body = el("div", "row__body");
    element.append(icon, body);
    if (this.#writing && at) this.#box.insertBefore(element, this.#writing.element);
    else this.#box.append(element);
    return { element, body };
  }

  #toEnd() {
    this.#box.scrollTop = this.#box.scrollHeight;
  }
}
