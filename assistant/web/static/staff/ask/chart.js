// Draws an answer's chart. The library is large and fetched with the first chart.
const LIBRARY = "/static/vendor/echarts.esm.min.mjs";
const COLOURS = ["#0f8a5f", "#3b6fd4", "#e08a1e", "#b2478f", "#5c7a89", "#8a6d3b", "#c0392b", "#5b51b5"];
let library;

export async function draw(box, chart) {
  library ??= import(LIBRARY);
  const echarts = await library;
  const ink = getComputedStyle(document.body).color;
  const soft = getComputedStyle(document.getElementById("age") ?? document.body).color; // resolved, as the canvas needs it
  const drawn = echarts.init(box, null, { renderer: "canvas" });
  drawn.setOption(finished(chart, ink, soft));
  new ResizeObserver(() => drawn.resize()).observe(box);
}

// Colours, room for labels, and tooltips drawn on the canvas: the page's rules allow no inline styles.
function finished({ type, option }, ink, soft) {
  const made = {
    ...option,
    color: COLOURS,
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily },
    tooltip: { ...(option.tooltip ?? { trigger: "item" }), renderMode: "richText", confine: true },
  };
  if (type === "pie") {
    made.series = option.series.map((s) => ({ ...s, radius: ["35%", "68%"], label: { color: ink, formatter: "{b} {d}%" } }));
    return made;
  }
  made.grid = { left: 12, right: 16, top: option.legend?.data?.length > 1 ? 44 : 34, bottom: 8, containLabel: true };
  made.legend = option.legend?.data?.length > 1 ? { ...option.legend, type: "scroll", top: 0, right: 8, bottom: "auto", textStyle: { color: ink } } : { show: false };
  const axis = (given) => ({ ...given, axisLabel: { color: soft, hideOverlap: true }, nameTextStyle: { color: soft, align: "left" }, splitLine: { lineStyle: { color: soft, opacity: 0.18 } } });
  made.xAxis = axis(option.xAxis);
  made.yAxis = axis(option.yAxis);
  if (type === "bar" && option.xAxis.data.length > 6) [made.xAxis.axisLabel.rotate, made.xAxis.axisLabel.interval] = [35, 0];
  if (type === "scatter") {
    made.xAxis.nameLocation = "middle";
    made.xAxis.nameGap = 26;
    made.grid.bottom = 28;
    made.tooltip.formatter = (p) => `${p.value[2]}\n${p.value[0]}，${p.value[1]}`;
  }
  if (type === "line") made.series = option.series.map((s) => ({ ...s, smooth: false, symbolSize: 5 }));
  return made;
}
