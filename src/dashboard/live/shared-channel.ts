import { LiveClient, type LiveSocket, type LiveState } from "../../client/live.ts";
import { liveTopicsMax } from "../../contracts/limits.ts";
import { basePath } from "../state/server-facts.ts";

interface Heard {
  readonly onPoke: (topic: string) => void;
  readonly onState: (state: LiveState) => void;
}

/** Between the tabs of a browser: what each wants, and what the one that holds the channel hears. */
type Message =
  | { readonly kind: "want"; readonly tab: string; readonly topics: readonly string[] }
  | { readonly kind: "asked" | "wake" }
  | { readonly kind: "poke"; readonly topic: string }
  | { readonly kind: "state"; readonly state: LiveState };

const channelName = `prewarm.live${basePath}`;

/**
 * The live channel as a tab sees it. One tab of a browser holds it (a web lock says which; when it is closed another one
 * gets the lock) and tells the others. Where there are no web locks, as on plain http, each tab has its own.
 */
export class SharedChannel {
  readonly #heard: Heard;
  readonly #tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
  /** Null where there are none, and once this tab has taken its leave. */
  #others: BroadcastChannel | null;
  readonly #wants = new Map<string, readonly string[]>();
  readonly #letGo: AbortController = new AbortController();
  #own: readonly string[] = [];
  #client: LiveClient | null = null;
  #release: (() => void) | undefined;

  constructor(heard: Heard) {
    this.#heard = heard;
    const { locks } = navigator as { readonly locks?: LockManager };
    if (locks === undefined || typeof BroadcastChannel === "undefined") {
      this.#others = null;
      this.#hold();
      return;
    }
    this.#others = new BroadcastChannel(channelName);
    this.#others.onmessage = ({ data }: MessageEvent<Message>) => this.#take(data);
    const held = async (): Promise<void> => {
      if (this.#letGo.signal.aborted) return;
      this.#hold();
      await new Promise<void>((resolve) => (this.#release = resolve));
    };
    // Refused only when the channel is closed before its turn came.
    locks.request(channelName, { signal: this.#letGo.signal }, held).catch(() => undefined);
    this.#tell({ kind: "asked" });
  }

  setTopics(topics: readonly string[]): void {
    if (topics.join("\n") === this.#own.join("\n")) return;
    this.#own = topics;
    this.#tell({ kind: "want", tab: this.#tab, topics });
    this.#subscribe();
  }

  wake(): void {
    this.#client?.wake();
    this.#tell({ kind: "wake" });
  }

  /** What comes after it, from a client that ends or a page that still draws, is told to nobody. */
  close(): void {
    this.#tell({ kind: "want", tab: this.#tab, topics: [] });
    this.#letGo.abort();
    this.#others?.close();
    this.#others = null;
    this.#client?.close();
    this.#client = null;
    this.#release?.();
  }

  /** This tab has the channel from now on. */
  #hold(): void {
    const told = (state: LiveState): void => {
      this.#tell({ kind: "state", state });
      this.#heard.onState(state);
    };
    this.#client = new LiveClient({
      url: `${location.origin}${basePath}`,
      // Its events have more in them than is asked of a socket, which types of properties do not allow.
      connect: (url) => new WebSocket(url) as unknown as LiveSocket,
      onState: told,
      onPoke: (topic) => {
        this.#tell({ kind: "poke", topic });
        this.#heard.onPoke(topic);
      },
    });
    // Whoever is there says what he wants.
    this.#tell({ kind: "asked" });
    this.#subscribe();
  }

  #take(message: Message): void {
    switch (message.kind) {
      case "want":
        if (message.topics.length === 0) this.#wants.delete(message.tab);
        else this.#wants.set(message.tab, message.topics);
        return this.#subscribe();
      case "asked":
        this.#tell({ kind: "want", tab: this.#tab, topics: this.#own });
        if (this.#client !== null) this.#tell({ kind: "state", state: this.#client.state });
        return;
      case "wake":
        return this.#client?.wake();
      case "poke":
        return this.#heard.onPoke(message.topic);
      case "state":
        return this.#heard.onState(message.state);
    }
  }

  #subscribe(): void {
    const wanted = new Set([...this.#own, ...[...this.#wants.values()].flat()]);
    this.#client?.setTopics([...wanted].slice(0, liveTopicsMax));
  }

  #tell(message: Message): void {
    this.#others?.postMessage(message);
  }
}
