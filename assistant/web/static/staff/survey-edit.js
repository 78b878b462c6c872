// The editor of surveys: what every button does by a submit, without leaving the place; the preview while one types.
const WAIT_MS = 350;
const state = () => document.getElementById("preview-state");
let changed = false;
let timer;
let asked = 0;

async function fetched(form, act) {
  const body = new URLSearchParams(new FormData(form));
  body.delete("act");
  body.set("act", act);
  const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } });
  if (answer.redirected || !answer.headers.get("content-type")?.startsWith("text/html")) throw new Error("refused");
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function told(page) {
  for (const place of document.querySelectorAll("[data-fault]")) {
    const words = page.querySelector(`[data-fault="${place.dataset.fault}"]`)?.textContent ?? "";
    place.textContent = words;
    document.getElementById(`f-${place.dataset.fault}`)?.classList.toggle("is-invalid", words !== "");
  }
  document.getElementById("preview").replaceChildren(...page.getElementById("preview").childNodes);
}

async function preview() {
  const mine = ++asked;
  state().textContent = "更新中…";
  try {
    const page = await fetched(document.getElementById("editor"), "preview");
    if (mine !== asked) return; // an older answer
    told(page);
    state().textContent = "";
  } catch {
    if (mine === asked) state().textContent = "预览没有更新，请检查网络";
  }
}

async function reshape(form, act, focus) {
  clearTimeout(timer);
  const mine = ++asked;
  state().textContent = "更新中…";
  try {
    const page = await fetched(form, act);
    if (mine !== asked) return;
    form.replaceWith(page.getElementById("editor"));
    document.querySelector("[data-noscript]")?.setAttribute("hidden", "");
    told(page);
    state().textContent = "";
    place(act, focus);
  } catch {
    state().textContent = "没有成功，请检查网络";
  }
}

// After a change of shape, the focus stands where the eye is.
function place(act, focus) {
  const [verb, where = ""] = act.split(":");
  const form = document.getElementById("editor");
  const questions = [...form.querySelectorAll(".edit__question")];
  const [, n = ""] = where.match(/^questions\.(\d+)$/) ?? [];
  if (verb === "add" && !where) questions.at(-1)?.querySelector("textarea").focus();
  else if (verb === "add") [...form.querySelectorAll(`[name^="${where}."]:not([type=hidden])`)].filter((e) => /\.(label|when\.\w+|to)$/.test(e.name)).at(-1)?.focus();
  else if (n !== "") questions[Math.max(0, Math.min(Number(n) + { up: -1, down: 1, remove: 0 }[verb], questions.length - 1))]?.querySelector("textarea").focus();
  else form.querySelector(`[name="${CSS.escape(focus)}"]`)?.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("#editor");
  if (!form) return;
  const act = event.submitter?.value ?? "save";
  if (act === "save") {
    changed = false;
    return;
  }
  event.preventDefault();
  changed = true;
  reshape(form, act, document.activeElement?.name ?? "");
});

document.addEventListener("change", (event) => {
  if (event.target.closest("#editor") && event.target.matches("[data-reshape]")) reshape(event.target.form, "reshape", event.target.name);
});

document.addEventListener("input", (event) => {
  if (!event.target.closest("#editor") || event.target.name === "note") return;
  changed = true;
  if (event.target.matches("[data-reshape]")) return;
  clearTimeout(timer);
  timer = setTimeout(preview, WAIT_MS);
});

// the phone shows the question that is being written
document.addEventListener("focusin", (event) => {
  const question = event.target.closest(".edit__question");
  if (!question) return;
  const box = document.getElementById("preview");
  const bubble = box.querySelector(`[data-shows="${[...document.querySelectorAll(".edit__question")].indexOf(question)}"]`);
  if (bubble) box.scrollTo({ top: bubble.offsetTop - box.offsetTop - 40, behavior: "smooth" });
});

addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
// what was refused: to the first fault, with its words in sight
const fault = [...document.querySelectorAll("[data-fault]")].find((place) => place.textContent.trim());
if (fault) {
  changed = true;
  fault.scrollIntoView({ block: "center" });
  document.getElementById(`f-${fault.dataset.fault}`)?.focus({ preventScroll: true });
}
document.querySelector("[data-noscript]")?.setAttribute("hidden", "");
