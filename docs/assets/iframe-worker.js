// Browsers start no workers in pages that are opened from a folder. The search then runs its worker script in a hidden
// frame, with the part of the interface of `Worker` that it uses.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.srcdoc = "<!doctype html><title>Search</title>";
      this.ready = new Promise((resolve) => {
        this.frame.onload = () => {
          const inner = this.frame.contentWindow;
          inner.postMessage = (data) => this.receive(data);
          const script = inner.document.createElement("script");
          script.src = new URL(url, document.baseURI).href;
          script.onload = () => resolve(inner);
          script.onerror = () => this.onerror?.(new ErrorEvent("error", { message: `${url} cannot be loaded` }));
          inner.document.head.append(script);
        };
      });
      document.documentElement.append(this.frame);
    }

    receive(data) {
      const event = new MessageEvent("message", { data });
      this.onmessage?.(event);
      this.dispatchEvent(event);
    }

    async postMessage(data) {
      const inner = await this.ready;
      inner.dispatchEvent(new inner.MessageEvent("message", { data }));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
