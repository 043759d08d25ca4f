import { expect, test } from "vitest";
import { readAgentConfig } from "../../../src/agent/agent-config.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { seededRandom } from "../../../src/platform/random.ts";

test("what was kept away from the agent is given back to hooks and commands, and nothing of the agent's own", () => {
  const { baseEnvironment } = readAgentConfig({
    environment: {
      HOME: "/home/dev",
      PREWARM_URL: "http://127.0.0.1:7080",
      PREWARM_AGENT_TOKEN: "secret",
      PREWARM_WORKSPACE_ID: "w",
      PREWARM_KEPT_NODE_OPTIONS: "--max-old-space-size=64",
      PREWARM_KEPT_http_proxy: "http://proxy:3128",
      EDITOR: "vi",
    },
    program: ["agent"],
    version: "1",
    logger: silentLogger,
    random: seededRandom(1),
  });
  expect(baseEnvironment).toMatchObject({
    NODE_OPTIONS: "--max-old-space-size=64",
    http_proxy: "http://proxy:3128",
    EDITOR: "vi",
  });
  expect(Object.keys(baseEnvironment).filter((name) => /KEPT|TOKEN/.test(name))).toEqual([]);
});
