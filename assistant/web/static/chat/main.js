// The chat page: wires the form, the stream of events and the log of messages together.
import { Api } from "./api.js";
import { Log } from "./log.js";
import { Outgoing } from "./outgoing.js";
import { attachVoice } from "./voice.js";

const page = document.getElementById("chat");
const text = document.getElementById("text");
const form = document.getElementById("composer");
const send = document.getElementById("send");
const quick = document.getElementById("quick");
const offline = document.getElementById("offline");

const api = new Api();
const log = new Log(document.getElementById("log"), document.getElementById("empty"), { say, retry: () => outgoing.flush() });
const outgoing = new Outgoing(api, page.dataset.member || "guest", (id, state, words) => {
  log.mark(id, state, words);
  if (state === "sent") waitForReply();
});
let typingTimer = 0;

function newId() {
  return crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}xxxx`;
}

function say(words, extra = {}) {
  const message = { client_id: newId(), text: words, ...extra };
  log.mine(message, new Date());
  showQuick([]);
  outgoing.add(message);
}

function waitForReply() {
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => log.typing(true), 250);
}

function showQuick(choices) {
  quick.replaceChildren(...choices.map((choice) => {
    const chip = document.createElement("button");
    chip.className = "chip";
    chip.type = "button";
    chip.textContent = choice.label;
    chip.addEventListener("click", () => say(choice.send));
    return chip;
  }));
}

function receive(message) {
  if (message.author === "shopper") {
    outgoing.done(message.client_id);
    log.mine(message, new Date(message.at));
    log.mark(message.client_id, "sent");
    return;
  }
  clearTimeout(typingTimer);
  log.theirs(message);
  showQuick(message.reply?.choices ?? []);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words) return;
  text.value = "";
  grow();
  say(words);
  text.focus();
});

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
text.addEventListener("input", grow);

function grow() {
  send.disabled = !text.value.trim();
  text.rows = Math.min(5, text.value.split("\n").length);
}

document.getElementById("starters").addEventListener("click", (event) => {
  const words = event.target.dataset?.send;
  if (words) say(words);
});

document.getElementById("place").addEventListener("click", () => {
  if (!navigator.geolocation) return log.notice("这个浏览器不能定位，直接告诉我附近的地名就行。");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => say("离我最近的门店", { lat: coords.latitude, lng: coords.longitude }),
    () => log.notice("没有拿到位置，直接告诉我附近的地名就行。"),
    { timeout: 8000, maximumAge: 300000 },
  );
});

document.getElementById("accounts")?.addEventListener("click", async (event) => {
  const item = event.target.closest("[data-account]");
  if (!item) return;
  await api.switchTo(item.dataset.account);
  location.reload();
});

function connection() {
  offline.hidden = navigator.onLine;
  if (navigator.onLine) outgoing.flush();
}
addEventListener("online", connection);
addEventListener("offline", connection);

attachVoice(document.getElementById("voice"), (words) => { text.value = words; grow(); text.focus(); });

async function start() {
  const known = await api.history().catch(() => ({ messages: [] }));
  known.messages.forEach(receive);
  outgoing.all().forEach((message) => log.mine(message, new Date()));
  log.settle();
  connection();
  api.listen(known.messages.at(-1)?.id ?? 0, {
    typing: () => log.typing(true),
    text: (piece) => { clearTimeout(typingTimer); log.stream(piece); },
    message: receive,
    lost: () => { if (!navigator.onLine) offline.hidden = false; },
    back: connection,
  });
}

start();
