// Blocks of a reply as elements. Text goes in as text, never as markup.
export function el(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function card(data, say) {
  const box = el("article", `card card--${data.kind}`);
  const head = el("div", "card__head");
  head.append(el("span", "card__title", data.title));
  if (data.badge) head.append(el("span", "card__badge", data.badge));
  box.append(head);
  if (data.subtitle) box.append(el("div", "card__subtitle", data.subtitle));
  if (data.rows?.length) box.append(rows(data.rows));
  if (data.choices?.length) {
    const actions = el("div", "card__actions");
    actions.append(...data.choices.map((choice) => button("chip", choice.label, () => say(choice.send))));
    box.append(actions);
  }
  return box;
}

function rows(pairs) {
  const list = el("dl", "card__rows");
  for (const [name, value] of pairs) list.append(el("dt", "", name), el("dd", "", value));
  return list;
}

export function button(className, label, onClick) {
  const made = el("button", className, label);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

export function confirmCard(data, say, live) {
  const box = el("article", "card card--confirm");
  box.append(el("div", "card__title", data.title), rows(data.rows));
  const buttons = el("div", "confirm__buttons");
  const answer = (words) => {
    buttons.querySelectorAll("button").forEach((b) => { b.disabled = true; });
    say(words);
  };
  buttons.append(
    button("confirm__no", data.no, () => answer(data.no)),
    button("confirm__yes", data.yes, () => answer(data.yes)),
  );
  if (!live) buttons.querySelectorAll("button").forEach((b) => { b.disabled = true; });
  box.append(buttons);
  return box;
}

export function sources(citations) {
  const box = el("details", "source");
  const first = citations[0];
  const page = first.page ? ` 第${first.page}页` : "";
  box.append(el("summary", "", `来源：${first.title}${page}${citations.length > 1 ? ` 等${citations.length}处` : ""}`));
  for (const c of citations) box.append(el("p", "", `${c.title}\n${c.text}`));
  return box;
}

export function download(path) {
  const link = el("a", "download", "下载我的数据");
  link.href = path;
  link.download = "";
  return link;
}
