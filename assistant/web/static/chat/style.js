// `/dev/style`: the components in their states.
import { Log } from "./log.js";
import { el } from "./parts.js";

const box = document.getElementById("log");
const log = new Log(box, el("div"), { say: () => {}, retry: () => {} });
const at = new Date().toISOString();
const rows = [["颜色", "米白、黑色"], ["尺码", "S、M、L"]];
const choices = [{ label: "哪家店有货", send: "哪家店有货" }];

log.mine({ client_id: "a", text: "已送达的消息" }, new Date());
log.mark("a", "sent");
log.mine({ client_id: "b", text: "正在发送" }, new Date());
log.mark("b", "sending");
log.mine({ client_id: "c", text: "没发出去的消息" }, new Date());
log.mark("c", "failed", "没有发出去");
log.mine({ client_id: "d", text: "被拒绝的消息" }, new Date());
log.mark("d", "refused", "发得太快啦，请稍等一会儿再发。");

let id = 1;
const show = (text, reply = {}) => log.theirs({ id: id++, author: "assistant", text, at, reply });
for (const kind of ["product", "store", "order", "coupon", "points", "ticket", "member", "appointment"]) {
  show(`${kind} 卡片`, { cards: [{ kind, title: "标题", subtitle: "副标题", badge: "状态", rows, choices }] });
}
show("多张卡片", { cards: [1, 2, 3].map((n) => ({ kind: "product", title: `商品 ${n}`, badge: "¥899", rows, choices })) });
show("引用来源", { citations: [{ title: "停车收费", source: "parking.md", page: 2, text: "前30分钟免费。" }] });
show("数据下载", { download: "/chat/export/x.json" });
log.theirs({ id: id++, author: "agent", text: "人工客服的消息", at, reply: null });
show("请确认", { confirm: { title: "取消订单", rows: [["订单", "11月22日 雪地靴"]], yes: "确认", no: "取消" } });
log.typing(true);
