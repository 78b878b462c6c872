// The chat page's calls to the server. `Refused` carries a sentence for the shopper and must not be retried.
export class Refused extends Error {}

export class Api {
  async send(message) {
    await this.#post("/chat/api/messages", message);
  }

  async switchTo(member) {
    await this.#post("/chat/api/account", { member });
  }

  async history(after = 0) {
    const response = await fetch(`/chat/api/history?after=${after}`);
    if (!response.ok) throw new Error(`history ${response.status}`);
    return response.json();
  }

  listen(after, on) {
    const source = new EventSource(`/chat/api/stream?after=${after}`);
    const read = (event) => JSON.parse(event.data);
    source.addEventListener("typing", () => on.typing());
    source.addEventListener("text", (event) => on.text(read(event).text));
    source.addEventListener("message", (event) => on.message(read(event)));
    source.addEventListener("error", () => on.lost());
    source.addEventListener("open", () => on.back());
    return source;
  }

  async #post(path, body) {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout?.(20000), // older phones wait for as long as the network lets them
    });
    if (response.ok) return;
    const told = await response.json().catch(() => ({}));
    if (response.status < 500 && response.status !== 408) throw new Refused(told.error ?? "这条消息发不了。");
    throw new Error(told.error ?? `status ${response.status}`);
  }
}
