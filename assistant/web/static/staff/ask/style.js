// `/dev/style/staff`: answers in their states.
import { answered, failed, questionBubble, waiting } from "./turn.js";
import { el } from "./parts.js";

const nothing = { status: "answered", narrative: "2026年10月，您权限内6家店：销售额为4.02万元。", chart: null, rows: [], columns: [], quotes: [], clarify: [], next: [], scope: "您权限内6家店", turn: 0 };
const rests = { read: [{ label: "指标", text: "销售额" }, { label: "时间", text: "2026年10月" }], metrics: [{ name: "销售额", unit: "元", definition: "已支付订单的金额" }] };
const columns = [{ label: "城市", unit: "" }, { label: "销售额", unit: "元" }];
const rows = [["上海", 23456.7], ["杭州", 12345], ["苏州", null]];
const axis = (type) => ({ type, option: { legend: { data: ["销售额"] }, xAxis: { type: "category", data: ["上海", "杭州", "苏州"] }, yAxis: { type: "value", name: "销售额（元）" }, series: [{ name: "销售额", type, data: [23456.7, 12345, 8000] }] } });
const pie = { type: "pie", option: { series: [{ type: "pie", data: [{ name: "上海", value: 3 }, { name: "杭州", value: 2 }] }] } };
const scatter = { type: "scatter", option: { xAxis: { type: "value", name: "销售额" }, yAxis: { type: "value", name: "NPS" }, series: [{ type: "scatter", data: [[1, 2, "上海"], [3, 1, "杭州"]] }] } };
const samples = [
  ["上月销售额", { chart: { type: "number", option: { value: 40158.4, unit: "元" } }, next: ["和去年同期比呢", "按门店看"] }],
  ["各城市销售额", { chart: axis("bar"), rows, columns }],
  ["销售额趋势", { chart: axis("line") }],
  ["各城市占比", { chart: pie }],
  ["销售额和NPS的关系", { chart: scatter }],
  ["复购怎么样", { status: "clarify", narrative: "您想看哪个指标？", clarify: [{ label: "复购率", text: "复购率" }, { label: "复购间隔", text: "复购间隔" }] }],
  ["差评说了什么", { quotes: ["排队太久", "找不到停车位"] }],
  ["西单店销售额", { status: "refused", narrative: "西单店不在您的权限内。" }],
];
const box = document.getElementById("turns");
for (const [question, parts] of samples) {
  const turn = el("article", "turn");
  const rested = parts.status ? null : rests;
  turn.append(questionBubble(question), answered({ question, answer: { ...nothing, ...parts }, rests: rested }, () => {}));
  box.append(turn);
}
const last = el("article", "turn");
last.append(questionBubble("还在查"), waiting(), questionBubble("没有成功"), failed("系统繁忙，请稍后再试。", () => {}));
box.append(last);
