import type { Topic } from "../contracts/news.ts";

/** The hearing side of the bus, for those who may not publish. */
export interface NewsSource {
  /** Calls `listener` after each news on `topic`, and whenever news may have been lost. Returns the way to stop. */
  subscribe(topic: Topic, listener: () => void): () => void;
}
