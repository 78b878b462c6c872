// A photo is made small before it is sent: fewer megabytes, and no place of taking inside. Without this the form works too.
const field = document.querySelector("input[type=file][name=photo]");
const MOST = 1600;

async function smaller(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, MOST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  show(canvas);
  const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.85); });
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}

function show(canvas) {
  const small = document.createElement("canvas");
  const scale = 192 / Math.max(canvas.width, canvas.height);
  [small.width, small.height] = [Math.round(canvas.width * scale), Math.round(canvas.height * scale)];
  small.getContext("2d").drawImage(canvas, 0, 0, small.width, small.height);
  const label = field.parentElement;
  label.querySelector("img")?.remove();
  label.prepend(Object.assign(new Image(), { src: small.toDataURL("image/jpeg", 0.8), alt: "选好的照片" }));
}

field?.addEventListener("change", async () => {
  const words = document.querySelector("[data-name]");
  const [file] = field.files;
  if (!file) return;
  words.textContent = "正在处理照片…";
  try {
    const chosen = new DataTransfer();
    chosen.items.add(await smaller(file));
    field.files = chosen.files;
  } catch { /* not a picture that this browser can read: the server will say so */ }
  const [ready] = field.files;
  const large = ready.size > Number(field.dataset.most);
  field.setCustomValidity(large ? "照片太大了，请换一张小一点的。" : "");
  words.textContent = large ? "照片太大了，请换一张" : `已选好照片（${Math.max(1, Math.round(ready.size / 1024))} KB），点此更换`;
});
