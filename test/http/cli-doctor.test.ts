import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { cliAgainst } from "../support/cli-against-api.ts";
import { cliBench } from "../support/cli-run.ts";
import { codedAnswer } from "../support/scripted-api.ts";

const finding = (severity: string, check: string, next: string | null = null) => ({
  check,
  severity,
  message: `${check} looked at`,
  next,
});
const report = (...findings: readonly unknown[]) => ({ version: "9", findings, controllers: [], daemons: [] });

/** A port on which nothing listens: it was free a moment ago. */
async function silentUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe("doctor", () => {
  it("shows what the server finds, and fails only when an error is among it", async () => {
    const answers = [
      report(finding("ok", "database"), finding("warning", "daemons", "Start one.")),
      report(finding("error", "ledger")),
    ];
    const { bench } = await cliAgainst({ doctor: (_request, attempt) => ({ json: answers[attempt - 1] }) });
    const fine = await bench.run("doctor");
    expect(fine.exitCode).toBe(0);
    expect(fine.stdout).toBe(
      "ok       database: database looked at\n" +
        "warning  daemons: daemons looked at\n" +
        "         → Start one.\n" +
        "0 errors, 1 warnings, 1 ok\n",
    );
    expect((await bench.run("doctor")).exitCode).toBe(1);
  });

  it("checks from here when the user is no administrator", async () => {
    const { bench } = await cliAgainst({
      doctor: () => codedAnswer(403, "forbidden"),
      health: () => ({ json: { status: "ok" } }),
      ready: () => ({ json: { status: "ok", database: "ok" } }),
      whoAmI: () => ({ json: {} }),
    });
    const done = await bench.run("doctor", "--json");
    expect(done.exitCode).toBe(0);
    const { findings } = JSON.parse(done.stdout) as { findings: { check: string; severity: string }[] };
    expect(findings.map(({ check, severity }) => `${check} ${severity}`)).toEqual([
      "server ok",
      "readiness ok",
      "session ok",
      "deployment warning",
    ]);
  });

  it("says that the session has ended and how to get a new one", async () => {
    const { bench } = await cliAgainst({
      doctor: () => codedAnswer(401, "unauthenticated"),
      whoAmI: () => codedAnswer(401, "unauthenticated"),
      health: () => ({ json: { status: "ok" } }),
      ready: () => ({ json: { status: "ok", database: "ok" } }),
    });
    const done = await bench.run("doctor");
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toContain("error    session: Scripted unauthenticated.\n         → Run `prewarm login URL`.");
  });

  it("says that the server cannot be reached, and what to do", async () => {
    const bench = cliBench({ env: { PREWARM_URL: await silentUrl(), PREWARM_TOKEN: "t" } });
    onTestFinished(() => bench.dispose());
    const done = await bench.run("doctor");
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toContain("cannot be reached: connect ECONNREFUSED");
    expect(done.stdout).toContain("→ Check the address, and that the server runs");
  });
});
