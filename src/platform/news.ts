import type { Topic } from "../contracts/news.ts";

/** The hearing side of the bus, for those who may not publish. */
export interface NewsSource {
  /** Calls `listener` after each news on `topic`, and whenever news may have been lost. Returns the way to stop. */
  subscribe(topic: Topic, listener: () => void): () => void;
  /** The same for all topics; `undefined`: news may have been lost, of whatever topic. */
  subscribeAll(listener: (topic: Topic | undefined) => void): () => void;
}
