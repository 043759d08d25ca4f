/** One WebSocket of a browser: over it comes only that there is something new, never what. */
export const livePath = "/api/v1/live";

/** Codes with which the server closes. After the first two, coming back with the same would end the same. */
export const liveCloses = {
  /** What came is no frame of this contract, or came too fast. */
  fault: 1008,
  /** The session or token holds no longer. */
  unauthenticated: 4001,
  /** What was sent was not taken. */
  deaf: 4002,
  stopping: 1001,
  tryAgain: 1013,
} as const;
