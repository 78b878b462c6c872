// How much may still be written, told once little is left.
const field = document.querySelector("textarea[maxlength]");
const told = document.querySelector("[data-counter]");
const LITTLE = 100;

field?.addEventListener("input", () => {
  const left = field.maxLength - field.value.length;
  told.hidden = left > LITTLE;
  told.textContent = left > 0 ? `还能写 ${left} 字` : `最多 ${field.maxLength} 字，后面的写不下了`;
});
