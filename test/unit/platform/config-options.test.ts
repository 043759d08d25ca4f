// Every option of the server, from each place it may be given in: a bad value stops the start by its name (spec §10).
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError, type ConfigProblem } from "../../../src/platform/config/config-error.ts";
import { parseFlags } from "../../../src/platform/config/config-flags.ts";
import { describeSections } from "../../../src/platform/config/describe-config.ts";
import { type ConfigInput, loadConfig } from "../../../src/platform/config/load-config.ts";
import type { Option, OptionKind } from "../../../src/platform/config/option.ts";
import { optionsHelp } from "../../../src/platform/config/options-help.ts";
import { serverOptions } from "../../../src/platform/config/server-options.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pw-options-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Texts that no option of the kind takes: of another shape, and out of every range. */
const bad: Readonly<Record<OptionKind, readonly string[]>> = {
  duration: ["60", "soon", "-1s", "99999d"],
  integer: ["1.5", "many", "-1", "999999999999999"],
  number: ["half", "-1", "999999999"],
  bytes: ["10MB", "-1", "99999GiB"],
  boolean: ["maybe"],
  string: ["  "],
  url: ["not a url", "ftp://host"],
  enum: ["unheard-of"],
};
const cases = Object.values(serverOptions as Readonly<Record<string, Option<unknown>>>).flatMap((option) =>
  bad[option.kind].map((text) => ({ name: option.name, text, option })),
);

function file(text: string, name = "options.yaml"): string {
  const made = path.join(folder, name);
  writeFileSync(made, text);
  return made;
}

function problemsOf(args: readonly string[], input: Partial<ConfigInput> = {}): readonly ConfigProblem[] {
  try {
    const { flags } = parseFlags(serverOptions, args);
    loadConfig(serverOptions, { flags, env: {}, ...input });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The one problem there is: of this option, with the place, and with the shape that was expected. */
function expectRefused(problems: readonly ConfigProblem[], option: Option<unknown>, place: string): void {
  expect(problems.map((problem) => problem.option)).toEqual([option.name]);
  expect(problems[0]?.message).toContain(`${option.name} is invalid: `);
  expect(problems[0]?.message).toContain(place);
  expect(problems[0]?.message).toContain(`Expected ${option.expected}.`);
}

describe("a value that is not valid is refused with its name, its source and its shape", () => {
  it.each(cases)("$name as $text", ({ option, text }) => {
    expectRefused(problemsOf([`--${option.flag}=${text}`]), option, `the flag --${option.flag} gives`);
    expectRefused(problemsOf([], { env: { [option.env]: text } }), option, `the environment variable ${option.env}`);
    const configPath = file(`# options\n\n${option.name}: ${JSON.stringify(text)}\n`);
    expectRefused(problemsOf([], { configPath }), option, `line 3 of the configuration file ${configPath}`);
  });

  it("in the file, with the line of the value, however it is nested", () => {
    const configPath = file("pg:\n  conn_max_open: 5\n  conn_max_idle: many\nhttp: {\n  port: 0x1FFFF }\n");
    expect(problemsOf([], { configPath }).map(({ option, message }) => [option, /line \d/.exec(message)?.[0]])).toEqual(
      [
        ["http.port", "line 5"],
        ["pg.conn_max_idle", "line 3"],
      ],
    );
  });

  it("and so is a name that is no option, with its line, and one that is given twice", () => {
    const unknown = file("http:\n  port: 1\n  prot: 2\n");
    expect(problemsOf([], { configPath: unknown })[0]?.message).toContain(`http.prot in line 3 of`);
    const twice = file("pg.conn_max_open: 5\npg:\n  conn_max_open: 6\n");
    expect(problemsOf([], { configPath: twice })[0]?.message).toMatch(/conn_max_open twice: in line 1.*in line 3/);
  });

  it("an anchor's value counts where it is used, and a name with nothing behind it is not given", () => {
    const configPath = file("log: { level: &word loud, format: }\nprebuilds: { backoff_interval: *word }\n");
    expect(problemsOf([], { configPath }).map(({ option, message }) => [option, /line \d/.exec(message)?.[0]])).toEqual(
      [
        ["log.level", "line 1"],
        ["prebuilds.backoff_interval", "line 2"],
      ],
    );
  });
});

describe("a secret", () => {
  const secrets = Object.values(serverOptions).filter((option) => option.isSecret);

  it.each(secrets.map((option) => option.name))("%s is never repeated in a message", (name) => {
    const option = secrets.find((one) => one.name === name);
    if (option === undefined) throw new Error("it is one of them");
    // What follows the space makes a URL invalid; a text that is nothing but space is invalid too.
    const text = option.kind === "url" ? "hunter2 secret" : " ";
    const [problem] = problemsOf([], { env: { [option.env]: text } });
    expect(problem?.message).toContain("is not shown");
    expect(problem?.message).not.toContain("hunter2");
  });

  it("may be given by a file, without the line's end; the variable itself comes first", () => {
    const secret = file("abc def\n", "secret");
    const load = (env: Readonly<Record<string, string>>) =>
      loadConfig(serverOptions, { flags: new Map(), env }).values.metricsToken;
    expect(load({ PREWARM_METRICS_TOKEN_FILE: secret })).toBe("abc def");
    expect(load({ PREWARM_METRICS_TOKEN_FILE: secret, PREWARM_METRICS_TOKEN: "direct" })).toBe("direct");
  });

  it("whose file cannot be read, or holds nothing, is refused with variable and path", () => {
    const absent = path.join(folder, "absent");
    for (const named of [absent, file("\n", "empty")]) {
      const [problem] = problemsOf([], { env: { PREWARM_STATE_KEY_FILE: named } });
      expect(problem?.option).toBe("state.key");
      expect(problem?.message).toContain(`the file ${named}, which the environment variable PREWARM_STATE_KEY_FILE`);
    }
  });
});

describe("the help", () => {
  it("shows each option once, with its default, its meaning and its other names, in sections", () => {
    const text = optionsHelp(serverOptions).join("\n");
    for (const option of Object.values(serverOptions)) {
      expect(text.split(new RegExp(`^  --${option.flag}(?=[ ,\n])`, "m"))).toHaveLength(2);
      expect(text).toContain(option.description);
      expect(text).toContain(`Also ${option.env}`);
      if (option.defaultText !== "") expect(text).toContain(`default ${option.defaultText}`);
    }
  });

  it("keeps options of one thing together", () => {
    const sections = describeSections(serverOptions).map(({ title, rows }) => [
      title,
      new Set(rows.map((row) => row.name.split(".")[0])).size,
    ]);
    expect(Object.fromEntries(sections)).toMatchObject({
      Database: 1,
      Prebuilds: 1,
      "Provisioner daemon": 1,
      Metrics: 1,
    });
    expect(new Set(sections.map(([title]) => title)).size).toBe(sections.length);
  });
});
