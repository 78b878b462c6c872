// One line for a developer: what went which way, with code and milliseconds.
import { el } from "./bubbles.js";

export function eventLine(event) {
  const said = words(event);
  if (!said) return null;
  const [what, how, bad] = said;
  const line = el("li", bad ? "event event--bad" : "event");
  const at = new Date(event.at).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
  line.append(el("span", "event__at", at), el("span", "event__what", what), el("span", "event__how", how));
  return line;
}

function words(event) {
  if (event.kind === "call") {
    return [`← ${event.path}`, `${event.code}${event.injected ? "（注入）" : ""} · ${event.ms}ms`, event.code !== 0];
  }
  if (event.kind === "push") {
    const tries = event.attempts.map((one) => `${one.status ?? one.error} ${one.ms}ms`).join("，");
    return [`→ 推送 ${event.what}（${OUTCOME[event.outcome]}）`, tries, event.outcome === "fault"];
  }
  if (event.kind === "violation") return [`违反规则 ${event.where}：${event.words}`, String(event.code || ""), true];
  return null;
}

const OUTCOME = { reply: "被动回复", silence: "不回复", fault: "故障", held: "暂缓", unheard: "无推送" };
