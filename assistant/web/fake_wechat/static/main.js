// The phone page: who holds the phone, their chat, the menu bar, the panel, and the list of what happened.
import { Api } from "./api.js";
import { button, draw, el } from "./bubbles.js";
import { eventLine } from "./happened.js";

const find = (id) => document.getElementById(id);
const api = new Api(find("stage").dataset.root);
const QUIET_MS = 5 * 60 * 1000; // after this a time stands between two messages
let known = { users: [], chats: {}, menu: [], qr: [], templates: [], account: "" };
let current = "";
let types = false; // the person chose the keyboard over the menu
let typingTimer = 0;
const unread = new Map();

const user = () => known.users.find((one) => one.openid === current);

async function act(name, given) {
  say(await api.act(current, name, given));
}

function say(words) {
  if (!words) return;
  const toast = find("toast");
  toast.textContent = words;
  toast.hidden = false;
  setTimeout(() => { toast.hidden = true; }, 2500);
}

const on = {
  choose: (id) => act("choose", { choice: id }),
  say: (words, menuId) => act("text", { words, menu_id: menuId }),
  open: () => {},
  media: (id) => api.media(id),
};

function add(bubble, before) {
  const log = find("log");
  const at = new Date(bubble.at);
  if (!before || at - new Date(before.at) > QUIET_MS) {
    log.append(el("div", "hint", at.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" })));
  }
  const row = draw(bubble, { user: user().name, account: known.account }, on);
  log.append(row);
  toEnd();
  for (const image of row.querySelectorAll("img")) image.addEventListener("load", toEnd);
}

function toEnd() {
  find("log").scrollTop = find("log").scrollHeight;
}

function showChat() {
  find("log").replaceChildren();
  let before = null;
  for (const bubble of known.chats[current] ?? []) {
    add(bubble, before);
    before = bubble;
  }
  typing(false);
  unread.delete(current);
}

function showPeople() {
  find("people").replaceChildren(...known.users.map((one) => {
    const made = button("", () => become(one.openid), "person");
    const texts = el("span");
    texts.append(el("div", "person__name", one.name), el("div", "person__more", one.subscribed ? "已关注" : "未关注"));
    made.append(el("span", "face", one.name.slice(0, 1)), texts);
    if (unread.get(one.openid)) made.append(el("span", "person__new", String(unread.get(one.openid))));
    if (one.openid === current) made.setAttribute("aria-current", "true");
    return made;
  }));
}

function become(openid) {
  current = openid;
  types = false;
  // who the browser is when a page asks for authorisation
  document.cookie = `fake_wechat_openid=${openid}; path=/; SameSite=Lax`;
  showChat();
  showPeople();
  showFoot();
}

function showFoot() {
  const follows = user()?.subscribed ?? false;
  const asMenu = known.menu.length > 0 && !types;
  find("follow").hidden = follows;
  find("menubar").hidden = !follows || !asMenu;
  find("composer").hidden = !follows || asMenu;
  find("to-menu").hidden = known.menu.length === 0;
  panel(false);
  closeMenus();
}

function showMenu() {
  find("buttons").replaceChildren(...known.menu.map((top) => {
    const box = el("div", "menu");
    const below = top.sub_button ?? [];
    if (below.length === 0) {
      box.append(button(top.name, () => tap(top)));
      return box;
    }
    const list = el("div", "menu__list");
    list.hidden = true;
    list.append(...below.map((leaf) => button(leaf.name, () => tap(leaf))));
    const opener = button(`☰ ${top.name}`, () => {
      const open = list.hidden;
      closeMenus();
      list.hidden = !open;
    });
    box.append(opener, list);
    return box;
  }));
}

function closeMenus() {
  for (const list of document.querySelectorAll(".menu__list")) list.hidden = true;
}

function tap(leaf) {
  closeMenus();
  if (leaf.type === "view") window.open(leaf.url, "_blank", "noopener");
  act("tap", { button: leaf.name });
}

function panel(open) {
  find("panel").hidden = !open;
  find("more").setAttribute("aria-expanded", String(open));
  for (const id of ["places", "codes", "notices"]) find(id).hidden = true;
  toEnd();
}

function fillLists() {
  const none = (words) => [el("p", "panel__none", words)];
  const codes = known.qr.map((code) => button(`二维码：${code.scene}`, () => { panel(false); act("scan", { ticket: code.ticket }); }));
  find("codes").replaceChildren(...(codes.length ? codes : none("还没有生成过带参数的二维码")));
  const notices = known.templates.flatMap((t) => [true, false].map((accept) => button(
    `${accept ? "同意" : "拒绝"}接收“${t.title}”`, () => { panel(false); act("consent", { template_id: t.id, accept }); },
  )));
  find("notices").replaceChildren(...(notices.length ? notices : none("没有可订阅的通知")));
}

function typing(isOn) {
  clearTimeout(typingTimer);
  find("name").textContent = isOn ? "对方正在输入…" : known.account;
  if (isOn) typingTimer = setTimeout(() => typing(false), 15000);
}

async function refresh() {
  const { menu, qr, users, templates } = await api.state();
  Object.assign(known, { menu, qr, users, templates });
  showMenu();
  fillLists();
  showPeople();
  showFoot();
}

function heard(event) {
  if (event.kind === "bubble") {
    const chat = (known.chats[event.openid] ??= []);
    if (chat.some((one) => one.id === event.bubble.id)) return;
    chat.push(event.bubble);
    if (event.openid === current) {
      if (event.bubble.side === "account") typing(false);
      add(event.bubble, chat.at(-2));
    } else if (event.bubble.side === "account") {
      unread.set(event.openid, (unread.get(event.openid) ?? 0) + 1);
      showPeople();
    }
  } else if (event.kind === "typing") {
    if (event.openid === current) typing(event.on);
  } else if (["menu", "qr", "user"].includes(event.kind)) {
    refresh();
  }
  note(event);
}

function note(event) {
  const line = eventLine(event);
  if (line) find("happened").prepend(line);
}

find("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = find("text").value;
  if (!words.trim()) return;
  find("text").value = "";
  panel(false);
  act("text", { words });
});
find("subscribe").addEventListener("click", () => act("subscribe"));
find("to-menu").addEventListener("click", () => { types = false; showFoot(); });
find("to-keyboard").addEventListener("click", () => { types = true; showFoot(); find("text").focus(); });
find("text").addEventListener("focus", () => { types = true; });
find("more").addEventListener("click", () => panel(find("panel").hidden));
find("file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (file) say(await api.upload(current, "image", file));
  event.target.value = "";
});
find("panel").addEventListener("click", (event) => {
  const { act: name, open, upload, place, lat, lng } = event.target.dataset;
  if (upload) find("file").click();
  if (open) for (const id of ["places", "codes", "notices"]) find(id).hidden = id !== open;
  if (place !== undefined) act("location", { lat: Number(lat), lng: Number(lng), label: event.target.textContent });
  if (name) act(name);
  if (name || place !== undefined || upload) panel(false);
});

async function start() {
  known = await api.state();
  showMenu();
  fillLists();
  if (known.users.length) become(known.users[0].openid);
  for (const event of known.happened) note(event);
  api.listen(known.last, heard);
}

start();
