// What forms need beside the server: confirm, copy, download, fill, pick. Every page works without it.
for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.ask)) event.preventDefault(); });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const field = document.querySelector(button.dataset.copy);
    field.select();
    await navigator.clipboard?.writeText(field.value).catch(() => {});
    button.textContent = "已复制";
  });
}

for (const button of document.querySelectorAll("[data-download]")) {
  button.addEventListener("click", () => {
    const text = document.querySelector(button.dataset.download).value;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
    link.download = button.dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

for (const button of document.querySelectorAll("[data-fill]")) {
  button.addEventListener("click", () => {
    const form = document.getElementById("sign-in");
    form.elements.name.value = button.dataset.fill;
    form.elements.password.value = document.getElementById("demo-password").textContent;
    form.querySelector("button[type=submit]").focus();
  });
}

const picker = document.getElementById("units");
if (picker) {
  const field = document.getElementById("f-units");
  const find = document.getElementById("unit-find");
  const chosen = document.getElementById("unit-chosen");
  const names = new Map([...document.querySelectorAll("#unit-list option")].map((o) => [o.value, o.textContent]));
  const ids = () => field.value.split(/[|;；、\s]+/).filter(Boolean);
  const show = () => {
    chosen.replaceChildren(...ids().map((id) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm";
      button.textContent = `${names.get(id) ?? id} ×`;
      button.setAttribute("aria-label", `去掉 ${names.get(id) ?? id}`);
      button.addEventListener("click", () => { field.value = ids().filter((other) => other !== id).join("|"); show(); });
      return button;
    }));
  };
  find.addEventListener("change", () => {
    if (!names.has(find.value)) return;
    field.value = [...new Set([...ids(), find.value])].join("|");
    find.value = "";
    show();
  });
  field.addEventListener("change", show);
  picker.hidden = false;
  show();
}
