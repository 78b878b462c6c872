// The page of questions: composer, log, threads, keyboard.
import { api } from "./api.js";
import { el } from "./parts.js";
import { Threads } from "./threads.js";
import { answered, failed, questionBubble, waiting } from "./turn.js";

const log = document.getElementById("log");
const empty = document.getElementById("empty");
const field = document.getElementById("question");
const send = document.getElementById("send");
const side = document.getElementById("threads");
const toggle = document.getElementById("toggle");
const asked = [];
let recalled = 0;
let thread = "";
let busy = false;

const threads = new Threads(document.getElementById("thread-list"), { open: show, gone: begin });

async function ask(question, into = null, explore = false) {
  if (busy || !question.trim()) return;
  busy = true;
  send.disabled = true;
  empty.hidden = true;
  asked.push(question);
  recalled = asked.length;
  const turn = into ?? el("article", "turn");
  const wait = waiting();
  turn.replaceChildren(questionBubble(question), wait);
  if (!into) log.append(turn);
  turn.scrollIntoView({ block: "end" });
  try {
    const told = await api.ask(question, thread, explore);
    thread = told.thread;
    wait.replaceWith(answered(told, ask, explorer(question)));
    remember();
    threads.refresh(thread).catch(() => {});
  } catch (error) {
    wait.replaceWith(failed(error.message, () => ask(question, turn, explore)));
  }
  busy = false;
  send.disabled = false;
  turn.scrollIntoView({ block: "nearest" });
  field.focus({ preventScroll: true });
}

// Where the service allows it, what no metric answers may be asked of the model itself.
function explorer(question) {
  return "explore" in log.dataset ? () => ask(question, null, true) : null;
}

async function show(id) {
  close();
  let told;
  try {
    told = await api.history(id);
  } catch (error) {
    begin();
    log.append(el("p", "text-secondary text-center", error.message));
    return;
  }
  clear();
  thread = id;
  remember();
  empty.hidden = true;
  for (const turn of told.turns) {
    const box = el("article", "turn");
    box.append(questionBubble(turn.question), answered(turn, ask, explorer(turn.question)));
    log.append(box);
    asked.push(turn.question);
  }
  recalled = asked.length;
  log.scrollTop = log.scrollHeight;
  threads.refresh(thread).catch(() => {});
}

function clear() {
  log.replaceChildren(empty);
}

function begin() {
  close();
  clear();
  thread = "";
  remember();
  empty.hidden = false;
  threads.refresh("").catch(() => {});
  field.focus();
}

// The thread stands in the address, so that a reload comes back to it.
function remember() {
  history.replaceState(null, "", thread ? `#${thread}` : location.pathname);
}

function close() {
  side.classList.remove("ask__threads--open");
  toggle.setAttribute("aria-expanded", "false");
}

document.getElementById("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = field.value;
  if (busy) return;
  field.value = "";
  ask(question);
});
document.getElementById("new").addEventListener("click", begin);
toggle.addEventListener("click", () => {
  toggle.setAttribute("aria-expanded", String(side.classList.toggle("ask__threads--open")));
});
for (const one of document.querySelectorAll("[data-ask-now]")) one.addEventListener("click", () => ask(one.dataset.askNow));

field.addEventListener("keydown", (event) => {
  if (event.isComposing || (event.key !== "ArrowUp" && event.key !== "ArrowDown") || !asked.length) return;
  event.preventDefault();
  recalled = Math.min(asked.length, Math.max(0, recalled + (event.key === "ArrowUp" ? -1 : 1)));
  field.value = asked[recalled] ?? "";
});
document.addEventListener("keydown", (event) => {
  const typing = ["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement?.tagName);
  if (event.key === "/" && !typing) { event.preventDefault(); field.focus(); }
  if (event.key === "Escape") close();
});

if (location.hash.length > 1) show(decodeURIComponent(location.hash.slice(1)));
else threads.refresh("").catch(() => {});
