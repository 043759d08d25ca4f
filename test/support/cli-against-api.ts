import { onTestFinished } from "vitest";
import type { CliWorld } from "../../src/cli/world.ts";
import { type CliBench, cliBench } from "./cli-run.ts";
import { type ScriptedApi, type Scripts, startScriptedApi } from "./scripted-api.ts";

/** A signed-in command line before a scripted server; both end with the test. */
export async function cliAgainst(
  scripts: Scripts,
  terminal: Partial<CliWorld> = {},
): Promise<{ readonly api: ScriptedApi; readonly bench: CliBench }> {
  const api = await startScriptedApi({ scripts });
  const bench = cliBench({ ...terminal, env: { PREWARM_URL: api.url, PREWARM_TOKEN: "secret" } });
  onTestFinished(async () => {
    bench.dispose();
    await api.close();
  });
  return { api, bench };
}
