// Listening: the chart, taps that do not leave the place, a word when something new was said.
// Without it every form and link still works.
import { draw } from "./ask/chart.js";

const EVERY_MS = 30_000;

const chart = document.getElementById("chart");
if (chart) draw(chart, JSON.parse(chart.dataset.chart)).catch(() => { chart.hidden = true; });

async function fetched(address, options = {}) {
  const answer = await fetch(address, { ...options, headers: { accept: "text/html", ...options.headers } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.ok || answer.redirected) throw new Error(page.querySelector("[role=alert]")?.textContent ?? "");
  return page;
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-heard]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const item = form.closest(".heard");
  const says = event.submitter.value;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  item.setAttribute("aria-busy", "true");
  try {
    const found = await fetched(form.action, { method: "POST", body, headers: { "x-part": "item" } });
    const fresh = found.querySelector(".heard");
    item.replaceWith(fresh);
    [...fresh.querySelectorAll("button")].find((b) => b.value === says)?.focus({ preventScroll: true });
  } catch (error) {
    item.removeAttribute("aria-busy");
    let told = item.querySelector("[role=alert]");
    if (!told) {
      told = Object.assign(document.createElement("p"), { className: "text-red mb-0" });
      told.setAttribute("role", "alert");
      item.append(told);
    }
    // a refusal says why; what the browser says of a lost connection is not for people
    told.textContent = (!(error instanceof TypeError) && error.message) || "没有保存成功，请刷新页面后再试。";
  }
});

const fresh = document.getElementById("fresh");
if (fresh?.dataset.after) {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const query = new URL(fresh.href).search;
      const answer = await fetch(`/ops/listening/fresh${query}&after=${fresh.dataset.after}`, { headers: { accept: "application/json" } });
      const { count } = answer.ok ? await answer.json() : { count: 0 };
      fresh.textContent = `有 ${count} 条新原话，点此查看`;
      fresh.hidden = !count;
    } catch { /* tried again soon */ }
  }, EVERY_MS);
}
