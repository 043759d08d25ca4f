import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openUrl } from "../../../src/main/open-url.ts";

/** Makes `xdg-open` what the script says, or nothing at all. */
function opener(script: string | null): string {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-open-"));
  if (script !== null) writeFileSync(path.join(folder, "xdg-open"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

describe.skipIf(process.platform !== "linux")("a page is shown by what the system has for it:", () => {
  it("the address is one word to it", async () => {
    const url = "http://127.0.0.1:3000/a?b=c&d='$(e)'";
    const folder = opener(`printf '%s %s' "$#" "$1" > "$0.seen"`);
    expect(await openUrl(url)).toBe(true);
    expect(readFileSync(path.join(folder, "xdg-open.seen"), "utf8")).toBe(`1 ${url}`);
  });

  it.each([
    ["there is none", null],
    ["it finds no browser", "exit 3"],
  ])("false: %s", async (_, script) => {
    opener(script);
    expect(await openUrl("http://127.0.0.1:3000/")).toBe(false);
  });
});
