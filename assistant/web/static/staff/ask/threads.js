// The list of one's threads: open, rename, delete.
import { api } from "./api.js";
import { button, el } from "./parts.js";

export class Threads {
  constructor(list, { open, gone }) {
    this.list = list;
    this.open = open;
    this.gone = gone;
    this.now = "";
  }

  async refresh(now = this.now) {
    this.now = now;
    const { threads } = await api.threads();
    this.list.replaceChildren(...threads.map((t) => this.#line(t)));
    if (!threads.length) this.list.append(el("li", "text-secondary small p-2", "还没有对话。"));
  }

  #line(thread) {
    const line = el("li", "threads__one");
    if (thread.id === this.now) line.setAttribute("aria-current", "true");
    const open = button("threads__open", thread.title, () => this.open(thread.id));
    open.append(el("small", "", thread.at));
    const rename = button("threads__act", "改名", () => this.#rename(line, thread));
    rename.setAttribute("aria-label", `改名：${thread.title}`);
    const remove = button("threads__act", "删除", async () => {
      if (!confirm(`删除“${thread.title}”吗？`)) return;
      await api.remove(thread.id);
      if (thread.id === this.now) this.gone();
      await this.refresh();
    });
    remove.setAttribute("aria-label", `删除：${thread.title}`);
    line.append(open, rename, remove);
    return line;
  }

  #rename(line, thread) {
    const field = el("input", "form-control form-control-sm threads__name");
    field.value = thread.title;
    field.maxLength = 120;
    field.setAttribute("aria-label", "新名字");
    let over = false;
    const done = async (save) => {
      if (over) return;
      over = true;
      const title = field.value.trim();
      if (save && title && title !== thread.title) await api.rename(thread.id, title);
      await this.refresh();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") done(true);
      if (event.key === "Escape") done(false);
    });
    field.addEventListener("blur", () => done(true));
    line.replaceChildren(field);
    field.focus();
    field.select();
  }
}
