// Calls to the fake platform. Addresses are below the prefix where the platform is mounted.
export class Api {
  constructor(root) {
    this.root = root;
  }

  async state() {
    const answer = await fetch(`${this.root}/phone/state`);
    return answer.json();
  }

  // Does an act of a phone; answers what the phone says where it cannot be done, else nothing.
  async act(openid, act, given = {}) {
    const headers = { "content-type": "application/json" };
    return this.#post(`/phone/${openid}/${act}`, headers, JSON.stringify(given));
  }

  async upload(openid, kind, file) {
    return this.#post(`/phone/${openid}/upload?kind=${kind}`, { "content-type": file.type }, file);
  }

  async #post(path, headers, body) {
    const answer = await fetch(this.root + path, { method: "POST", headers, body });
    if (answer.ok) return "";
    const told = await answer.json().catch(() => ({}));
    return String(told.detail ?? told.error ?? "没有成功").replace(/。$/, "");
  }

  listen(after, heard) {
    const source = new EventSource(`${this.root}/phone/events?after=${after}`);
    source.addEventListener("message", (event) => heard(JSON.parse(event.data)));
    return source;
  }

  media(id) {
    return `${this.root}/phone/media/${encodeURIComponent(id)}`;
  }
}
