// Messages as WeChat shows them. Text goes in as text; of markup only WeChat's links are understood.
export function el(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

export function button(text, onClick, className = "") {
  const made = el("button", className, text);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

const LINK = /<a\s+href=["']([^"']+)["'][^>]*>(.*?)<\/a>/gs;

// Draws one bubble. `on` says what taps do: choose(id), say(words, menuId), open(url); `media(id)` gives an address.
export function draw(bubble, names, on) {
  if (bubble.side === "system") return el("div", "hint", bubble.content.content);
  const mine = bubble.side === "user";
  const row = el("div", mine ? "row row--mine" : "row");
  const body = el("div", "row__body");
  body.append(content(bubble, on));
  if (bubble.ai) body.append(el("span", "ai", "内容由第三方AI生成"));
  row.append(el("span", "face", (mine ? names.user : names.account).slice(0, 1)), body);
  row.dataset.id = bubble.id;
  return row;
}

function content(bubble, on) {
  const it = bubble.content;
  switch (bubble.kind) {
    case "text": return words(it.content, on);
    case "image": return picture(on.media(it.media_id));
    case "voice": return voice(it);
    case "video":
    case "shortvideo": return el("div", "bubble", `▶ ${it.title || "视频"}`);
    case "location": return card({ title: it.label || "位置", text: `${it.lat}, ${it.lng}`, foot: "位置" });
    case "link": return card({ title: it.title, text: it.description, url: it.url }, on);
    case "file": return card({ title: it.title, text: `${it.size} 字节`, foot: "文件" });
    case "music": return el("div", "bubble", `♪ ${it.title || "音乐"}`);
    case "news": return news(it.articles, on);
    case "msgmenu": return choices(it, on);
    case "miniprogrampage": return card({ title: it.title, picture: on.media(it.thumb_media_id), foot: "小程序" });
    case "template": return notice(it, on);
    default: return el("div", "bubble", `[${bubble.kind}]`);
  }
}

function words(text, on) {
  const box = el("div", "bubble");
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    box.append(text.slice(from, found.index), link(found[1], found[2], on));
    from = found.index + found[0].length;
  }
  box.append(text.slice(from));
  return box;
}

function link(address, text, on) {
  if (address.startsWith("weixin://bizmsgmenu")) {
    const asked = new URLSearchParams(address.split("?")[1] ?? "");
    return button(text, () => on.say(asked.get("msgmenucontent") ?? text, asked.get("msgmenuid") ?? ""), "choice");
  }
  return anchor(el("a", "", text), address, on);
}

function anchor(made, address, on) {
  if (/^https?:\/\//.test(address ?? "")) {
    made.href = address;
    made.target = "_blank";
    made.rel = "noopener";
    made.addEventListener("click", () => on?.open?.(address));
  }
  return made;
}

function voice(it) {
  const box = el("div", "bubble voice");
  box.append(el("span", "voice__waves"), `${Math.max(1, Math.round(it.seconds ?? 1))}″`);
  box.setAttribute("aria-label", "语音");
  return box;
}

function picture(address) {
  const made = el("img", "picture");
  made.src = address;
  made.alt = "图片";
  return made;
}

function card({ title, text = "", url = "", picture: shown = "", foot = "" }, on) {
  const box = anchor(el(url ? "a" : "div", "card"), url, on);
  if (shown) {
    const image = el("img", "card__picture");
    image.src = shown;
    image.alt = "";
    box.append(image);
  }
  const inside = el("div", "card__pad");
  inside.append(el("div", "card__title", title));
  if (text) inside.append(el("div", "card__text", text));
  box.append(inside);
  if (foot) box.append(el("div", "card__foot", foot));
  return box;
}

function news(articles, on) {
  const box = el("div");
  for (const a of articles) box.append(card({ title: a.title, text: a.description, url: a.url, picture: a.picurl }, on));
  return box;
}

function choices(menu, on) {
  const box = el("div", "bubble");
  if (menu.head_content) box.append(el("div", "", menu.head_content));
  for (const item of menu.list) box.append(button(item.content, () => on.choose(item.id), "choice choice--line"));
  if (menu.tail_content) box.append(el("div", "", menu.tail_content));
  return box;
}

function notice(it, on) {
  const box = card({ title: it.title, url: it.url, foot: it.url ? "查看详情" : "" }, on);
  const rows = el("dl", "card__rows");
  for (const [name, value] of Object.entries(it.values)) rows.append(el("dt", "", name), el("dd", "", value));
  box.querySelector(".card__pad").append(rows);
  return box;
}
