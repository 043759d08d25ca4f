import { createServer } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { cliAgainst } from "../support/cli-against-api.ts";
import { cliBench } from "../support/cli-run.ts";

describe("version", () => {
  it("shows both versions, and asks the server without a credential", async () => {
    const { api, bench } = await cliAgainst({ version: () => ({ json: { version: "1.3.0" } }) });
    const done = await bench.run("version");
    expect(done).toEqual({ exitCode: 0, stdout: `client  1.2.3\nserver  1.3.0 at ${api.url}\n`, stderr: "" });
    expect(api.calls("version")[0]?.token).toBeUndefined();
    expect(JSON.parse((await bench.run("version", "-o", "json")).stdout)).toEqual({
      client: "1.2.3",
      server: { url: api.url, version: "1.3.0", error: null },
      warning: null,
    });
  });

  it.each([
    ["1.1.9", "is newer than the server (1.1.9)"],
    ["0.9.0", "is newer than the server (0.9.0)"],
    ["1.4.0", "is more than one release older than the server (1.4.0)"],
    ["2.2.0", "is more than one release older than the server (2.2.0)"],
  ])("warns of a server of %s", async (version, text) => {
    const { bench } = await cliAgainst({ version: () => ({ json: { version } }) });
    const done = await bench.run("version");
    expect(done).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(text) });
  });

  it("says when nobody is signed in anywhere", async () => {
    const bench = cliBench();
    onTestFinished(() => bench.dispose());
    const done = await bench.run("version");
    expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("you are not signed in to any") });
  });

  it("says within two seconds that a server does not answer", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const address = silent.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const bench = cliBench({ env: { PREWARM_URL: url } });
    onTestFinished(async () => {
      bench.dispose();
      silent.closeAllConnections();
      await new Promise((resolve) => silent.close(resolve));
    });
    const done = await bench.run("version", "--json");
    expect(JSON.parse(done.stdout)).toMatchObject({
      client: "1.2.3",
      server: { url, version: null, error: expect.stringContaining("it did not answer in time") },
    });
    expect(done.exitCode).toBe(0);
  });
});
