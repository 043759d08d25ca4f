/** Flags with which Node runs an agent: an idle one should cost as little as it can. */
export const agentNodeFlags: readonly string[] = ["--max-semi-space-size=1", "--max-old-space-size=96"];
