// `prewarm templates parameters`, and what `prewarm create` asks in a terminal.
import { describe, expect, it } from "vitest";
import type { TemplateForm } from "../../src/contracts/api/template-form.ts";
import type { ManifestParameter } from "../../src/contracts/manifest-parameter.ts";
import { sampleIds, usableWorkspace } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import type { CliBench } from "../support/cli-run.ts";
import { codedAnswer } from "../support/scripted-api.ts";

const terminal = { isInputTerminal: true, isErrorTerminal: true };
const region: ManifestParameter = { name: "region", options: [{ value: "eu", name: "Europe" }, { value: "us" }] };

/** A zone is asked for in America alone, and a size everywhere. */
function formOf(values: Readonly<Record<string, string>>): TemplateForm {
  const zone: ManifestParameter = { name: "zone", display_name: "Zone of the machine" };
  const size: ManifestParameter = { name: "size", default: "small" };
  const parameters = [region, ...(values["region"] === "us" ? [zone] : []), size];
  const missing = parameters.filter(({ name }) => name !== "size" && values[name] === undefined);
  return {
    version: { id: sampleIds.version, name: "amber" },
    isDynamic: true,
    parameters,
    values: { size: "small", ...values },
    presets: [],
    problems: missing.map(({ name }) => ({
      parameter: name,
      kind: "missing",
      reason: "it has no default; give a value",
    })),
  };
}

const valuesOf = (body: unknown): Record<string, string> =>
  (body as { readonly values?: Record<string, string> }).values ?? {}; // as the route's schema says
const scripts = {
  evaluateTemplateForm: ({ body }: { readonly body: unknown }) => ({ json: formOf(valuesOf(body)) }),
  createWorkspace: ({ body }: { readonly body: unknown }) => {
    const { parameters = {} } = body as { readonly parameters?: Record<string, string> }; // as above
    if (formOf(parameters).problems.length > 0) return codedAnswer(400, "invalid_parameter");
    const timings = { createMs: 1, waitedMs: 0, totalMs: 1 };
    return { status: 201, json: { workspace: usableWorkspace(), outcome: "claimed", missReason: null, timings } };
  },
};

async function typed(bench: CliBench, question: string, answer: string): Promise<void> {
  await expect.poll(() => bench.written().stderr).toContain(question);
  bench.stdin.write(answer);
}

describe("templates parameters", () => {
  it("shows what is asked for with these values, and what is missing", async () => {
    const { bench, api } = await cliAgainst(scripts);
    const done = await bench.run("templates", "parameters", "node", "--parameter", "region=us");
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toContain("As it is with these values (version amber)");
    expect(done.stdout).toMatch(/zone +– +it has no default; give a value/);
    expect(done.stdout).toMatch(/size +small/);
    expect(api.calls("evaluateTemplateForm")[0]?.body).toEqual({ values: { region: "us" } });
  });

  it("gives the form as JSON, and 0 where a creation would be taken", async () => {
    const { bench } = await cliAgainst(scripts);
    const done = await bench.run("templates", "parameters", "node", "--parameter", "region=eu", "--json");
    expect([done.exitCode, JSON.parse(done.stdout)]).toMatchObject([0, { isDynamic: true, problems: [] }]);
  });
});

describe("create, in a terminal,", () => {
  it("asks for what was missing in the order of the form, which follows the answers", async () => {
    const { bench, api } = await cliAgainst(scripts, terminal);
    const running = bench.run("create", "dev", "--template", "node", "--no-wait");
    // One down from Europe.
    await typed(bench, "region", "\u001b[B\r");
    await typed(bench, "Zone of the machine", "us-1\r");
    expect(await running).toMatchObject({ exitCode: 0 });
    expect(api.calls("createWorkspace").map(({ body }) => body)).toMatchObject([
      { name: "dev" },
      { name: "dev", parameters: { region: "us", zone: "us-1" } },
    ]);
  });

  it("asks nothing of who has said enough, and with --ask for the rest", async () => {
    const { bench, api } = await cliAgainst(scripts, terminal);
    const words = ["create", "dev", "--template", "node", "--no-wait", "--parameter", "region=eu"];
    expect(await bench.run(...words)).toMatchObject({ exitCode: 0 });
    expect(api.calls("evaluateTemplateForm")).toEqual([]);
    const running = bench.run(...words, "--ask");
    await typed(bench, "size", "\r");
    expect(await running).toMatchObject({ exitCode: 0 });
    expect(api.calls("createWorkspace")[1]?.body).toMatchObject({ parameters: { region: "eu", size: "small" } });
  });

  it("is refused as it was where nobody can be asked", async () => {
    const { bench, api } = await cliAgainst(scripts);
    expect((await bench.run("create", "dev", "--template", "node")).exitCode).not.toBe(0);
    expect(await bench.run("create", "dev", "--template", "node", "--ask")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--ask needs a terminal"),
    });
    expect(api.calls("createWorkspace")).toHaveLength(1);
  });
});
