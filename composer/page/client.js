// Calls the worker, in which Python runs.

export class Client {
  #worker;
  #number = 0;
  #waiting = new Map();

  // `progress` gets what is being loaded, `failed` gets the reason why the worker does not run.
  constructor({ progress, failed }) {
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.#worker.onerror = (event) => failed(event.message ?? "The worker could not be loaded.");
    this.#worker.onmessage = ({ data }) => {
      if (data.progress) {
        progress(data.progress);
        return;
      }
      const { resolve, reject } = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.error === undefined) resolve(data.result);
      else reject(new Error(data.error));
    };
  }

  call(name, more = {}) {
    return new Promise((resolve, reject) => {
      const id = ++this.#number;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call: name, ...more });
    });
  }
}
