// The table of an answer: numbers to the right, sorted by a click on a heading.
import { el } from "./parts.js";

export function table(columns, rows) {
  const box = el("div", "turn__table table-responsive");
  const made = el("table", "table table-sm table-vcenter");
  const body = el("tbody");
  const heads = columns.map((column, at) => {
    const cell = el("th", rows.some((row) => typeof row[at] === "number") ? "turn__number-cell" : "");
    cell.scope = "col";
    const button = el("button", "turn__sort", column.label + (column.unit ? `（${column.unit}）` : ""));
    button.type = "button";
    button.addEventListener("click", () => sort(at, cell));
    cell.append(button);
    return cell;
  });
  const head = el("tr");
  head.append(...heads);
  const top = el("thead");
  top.append(head);
  made.append(top, body);
  box.append(made);
  box.tabIndex = 0;
  fill(rows);
  return box;

  function fill(shown) {
    body.replaceChildren(...shown.map((row) => {
      const line = el("tr");
      line.append(...row.map((value) => el("td", typeof value === "number" ? "turn__number-cell" : "", said(value))));
      return line;
    }));
  }

  function sort(at, cell) {
    const down = cell.getAttribute("aria-sort") !== "descending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    cell.setAttribute("aria-sort", down ? "descending" : "ascending");
    const way = down ? -1 : 1;
    fill([...rows].sort((a, b) => way * compare(a[at], b[at], way)));
  }
}

// Missing values come last, whichever way.
function compare(a, b, way) {
  if (a === null || b === null) return way * ((a === null) - (b === null));
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "zh");
}

export function said(value) {
  if (value === null) return "—";
  if (typeof value !== "number") return String(value);
  return value.toLocaleString("zh-CN", { maximumFractionDigits: Number.isInteger(value) ? 0 : 2 });
}
