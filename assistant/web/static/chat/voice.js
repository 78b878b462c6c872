// Voice input where the browser can turn speech into text; the button stays hidden elsewhere.
export function attachVoice(button, onWords) {
  const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
  if (!Recognition) return;
  button.hidden = false;
  let active = null;
  button.addEventListener("click", () => {
    if (active) return active.stop();
    active = new Recognition();
    active.lang = "zh-CN";
    active.interimResults = true;
    button.setAttribute("aria-pressed", "true");
    active.onresult = (event) => onWords([...event.results].map((r) => r[0].transcript).join(""));
    active.onend = () => { active = null; button.setAttribute("aria-pressed", "false"); };
    active.onerror = () => active?.stop();
    active.start();
  });
}
