// Elements. Text goes in as text, never as markup.
export function el(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== "") element.textContent = text;
  return element;
}

export function button(className, label, onClick) {
  const made = el("button", className, label);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}
