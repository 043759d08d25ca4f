import { describe, expect, it } from "vitest";
import { CommandInput } from "../../../src/cli/command-input.ts";
import { readVariables, variablesOfFlags } from "../../../src/cli/template-variables.ts";

const flags = (...words: string[]) =>
  variablesOfFlags(new CommandInput({ operands: [], options: { variable: words }, command: "templates push" }));

describe("variables of the command line", () => {
  it("are split at the first sign, and may be empty or have signs and lines in them", () => {
    expect(flags("namespace=dev", "query=a=b", "empty=", "lines=a\nb")).toEqual({
      namespace: "dev",
      query: "a=b",
      empty: "",
      lines: "a\nb",
    });
  });

  it("are refused by name, and never with their value", () => {
    expect(() => flags("hush-hush")).toThrow("--variable must be NAME=VALUE");
    expect(() => flags("hush-hush")).not.toThrow("hush");
    expect(() => flags("a=hush", "a=hush")).toThrow('--variable gives "a" twice.');
    expect(() => flags("prewarm=hush")).toThrow("Prewarm sets this variable itself");
    expect(() => flags("1st=hush")).toThrow("a name is a letter or _");
    expect(() => flags(`a=${"x".repeat(65_537)}`)).toThrow("at most 65536");
    expect(() => flags(...Array.from({ length: 101 }, (_, at) => `v${at}=x`))).toThrow("at most 100");
  });
});

describe("a file of variables", () => {
  it("gives what is plain as it is written, and lists and mappings as JSON", async () => {
    const text =
      "version: 1.10\nyes: yes\nid: 007\non: true\nquoted: '  x '\nzones: [a, b]\nmap:\n  a: 1\nlong: |\n  x\n  y\n";
    expect(await readVariables(text, "v.yaml")).toEqual({
      version: "1.10",
      yes: "yes",
      id: "007",
      on: "true",
      quoted: "  x ",
      zones: '["a","b"]',
      map: '{"a":1}',
      long: "x\ny\n",
    });
    expect(await readVariables('{"a": "x", "b": [1], "c": 2.50}', "v.json")).toEqual({ a: "x", b: "[1]", c: "2.50" });
    expect(await readVariables("# none\n", "v.yaml")).toEqual({});
  });

  it("is refused with the line and nothing of what stands there", async () => {
    const reasonOf = async (text: string): Promise<string> => {
      const error: unknown = await readVariables(text, "v.yaml").catch((reason: unknown) => reason);
      const { message, problems } = error as { readonly message: string; readonly problems: readonly unknown[] };
      return `${message} ${JSON.stringify(problems)}`;
    };
    expect(await reasonOf('a: b\nkey: "hush')).toMatch(/not valid YAML.*"line":2/);
    expect(await reasonOf('a: b\nkey: "hush')).not.toContain("hush");
    expect(await reasonOf("- hush\n")).toContain("it must be a mapping of names to values");
    expect(await reasonOf("a:\n")).toContain('"a" has no value');
  });
});
