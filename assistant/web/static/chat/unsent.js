// Messages that the server has not acknowledged yet, kept through a reload.
export class Unsent {
  #key;

  constructor(owner) {
    this.#key = `zhike-unsent-${owner}`;
  }

  all() {
    try {
      return JSON.parse(localStorage.getItem(this.#key) ?? "[]");
    } catch {
      return [];
    }
  }

  add(message) {
    this.#write([...this.all(), message].slice(-20));
  }

  remove(clientId) {
    this.#write(this.all().filter((message) => message.client_id !== clientId));
  }

  #write(messages) {
    try {
      localStorage.setItem(this.#key, JSON.stringify(messages));
    } catch {
      // private mode without storage: the message still lives on the page
    }
  }
}
