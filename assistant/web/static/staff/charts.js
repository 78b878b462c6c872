// Draws every chart of a page; where that fails, the numbers below it say the same.
import { draw } from "./ask/chart.js";

for (const box of document.querySelectorAll("[data-chart]")) {
  draw(box, JSON.parse(box.dataset.chart)).catch(() => { box.hidden = true; });
}
