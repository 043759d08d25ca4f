import type { Topic } from "../contracts/news.ts";
import type { NewsSource } from "../platform/news.ts";

/** Who listens to what, in this process. */
export class TopicListeners implements NewsSource {
  readonly #listeners = new Map<Topic, Set<() => void>>();
  readonly #toAll = new Set<(topic: Topic | undefined) => void>();

  subscribe(topic: Topic, listener: () => void): () => void {
    const set = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, set);
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#listeners.get(topic) === set) this.#listeners.delete(topic);
    };
  }

  subscribeAll(listener: (topic: Topic | undefined) => void): () => void {
    this.#toAll.add(listener);
    return () => void this.#toAll.delete(listener);
  }

  tell(topic: Topic): void {
    for (const listener of Array.from(this.#listeners.get(topic) ?? [])) listener();
    for (const listener of Array.from(this.#toAll)) listener(topic);
  }

  /** News may have been lost: everybody looks again. */
  tellAll(): void {
    for (const set of Array.from(this.#listeners.values())) for (const listener of Array.from(set)) listener();
    for (const listener of Array.from(this.#toAll)) listener(undefined);
  }
}
