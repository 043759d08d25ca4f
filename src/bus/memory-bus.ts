import type { Topic } from "../contracts/news.ts";
import { TopicListeners } from "./topic-listeners.ts";

/** News within one process: for tests and benchmarks, and wherever there is one server only. */
export class MemoryBus extends TopicListeners {
  publish(topics: readonly Topic[]): void {
    for (const topic of topics) this.tell(topic);
  }
}
