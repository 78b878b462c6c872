// One question with its answer: number or chart, sentences, table, what it rests on, what may be asked next.
import { draw } from "./chart.js";
import { button, el } from "./parts.js";
import { said, table } from "./table.js";

export function questionBubble(text) {
  return el("p", "turn__question", text);
}

export function waiting() {
  const box = el("div", "card turn__answer");
  const dots = el("div", "waits");
  dots.setAttribute("role", "status");
  dots.setAttribute("aria-label", "正在查");
  dots.append(el("i"), el("i"), el("i"));
  box.append(dots);
  return box;
}

export function failed(words, retry) {
  const box = el("div", "card turn__answer turn__answer--failed");
  const text = el("p", "turn__said", words);
  text.setAttribute("role", "alert");
  const foot = el("div", "turn__foot");
  foot.append(button("btn btn-sm", "再试一次", retry));
  box.append(text, foot);
  return box;
}

export function answered({ answer, rests, question }, ask, explore = null) {
  const box = el("div", `card turn__answer turn__answer--${answer.status}`);
  if (answer.chart?.type === "number" && answer.chart.option.value !== null) {
    box.append(el("p", "turn__number", figure(answer.chart.option)));
  }
  box.append(el("p", "turn__said", answer.narrative));
  if (answer.clarify.length) box.append(chips(answer.clarify.map((o) => [o.label, o.text]), ask, "btn btn-outline-primary"));
  if (answer.chart && answer.chart.type !== "number") {
    const canvas = el("div", "turn__chart");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `图表：${question}`);
    box.append(canvas);
    draw(canvas, answer.chart);
  }
  if (answer.quotes.length) {
    const list = el("ul", "turn__quotes");
    list.append(...answer.quotes.map((q) => el("li", "", `“${q}”`)));
    box.append(list);
  }
  if (answer.rows.length > 1 || (answer.sql && answer.rows.length)) box.append(shownTable(answer));
  if (answer.sql) box.append(statement(answer.sql));
  if (rests) box.append(basis(rests, answer));
  if (answer.next.length) box.append(nextOnes(answer, ask));
  if (explore && !answer.sql && (answer.status === "clarify" || ["metric", "dimension"].includes(answer.reason))) {
    const foot = el("div", "turn__foot");
    foot.append(button("btn btn-sm", "让模型自己查（探索）", explore));
    box.append(foot);
  }
  return box;
}

function statement(sql) {
  const box = el("details", "turn__rests");
  box.append(el("summary", "", "执行的查询（只含您权限内的数据）"), el("pre", "small", sql));
  return box;
}

function figure({ value, unit }) {
  const exact = unit === "%" || unit === "分";
  return `${exact ? value.toFixed(1) : said(value)} ${unit}`;
}

function shownTable(answer) {
  const box = el("details");
  box.open = !answer.chart || answer.rows.length <= 12;
  box.append(el("summary", "", `表格（${answer.rows.length}行）`), table(answer.columns, answer.rows));
  if (answer.turn) {
    const link = el("a", "btn btn-sm mt-2", "下载 CSV");
    link.href = `/ops/api/turns/${answer.turn}/table.csv`;
    link.setAttribute("download", "");
    box.append(link);
  }
  return box;
}

function basis(rests, answer) {
  const box = el("details", "turn__rests");
  box.append(el("summary", "", "这个数怎么来的"));
  const list = el("dl", "facts");
  const rows = [...rests.read.map((r) => [r.label, r.text]), ["权限", answer.scope], ...rests.metrics.map((m) => [m.name, `${m.definition}（${m.unit}）`])];
  for (const [name, text] of rows) list.append(el("dt", "", name), el("dd", "", text));
  box.append(list);
  return box;
}

function nextOnes(answer, ask) {
  const box = el("div", "turn__foot");
  box.append(el("span", "text-secondary", "接着问"), ...answer.next.map((q) => button("btn btn-sm", q, () => ask(q))));
  return box;
}

function chips(pairs, ask, kind) {
  const box = el("div", "ask__chips mt-3");
  box.append(...pairs.map(([label, text]) => button(kind, label, () => ask(text))));
  return box;
}
