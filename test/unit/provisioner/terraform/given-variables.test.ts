import { describe, expect, it } from "vitest";
import {
  missingVariables,
  secretsIn,
  valuesGiven,
} from "../../../../src/provisioner/drivers/terraform/given-variables.ts";
import { maskOf } from "../../../../src/provisioner/drivers/terraform/secrets.ts";

describe("variables that were given at a push", () => {
  it("are handed over as text or as what their JSON says, and only where they are declared", () => {
    const declared = [
      { name: "namespace", type: "string" },
      { name: "zones", type: "list(string)" },
      { name: "other", type: "" },
    ];
    const given = { namespace: "[1]", zones: '["a","b"]', stranger: "x" };
    expect(valuesGiven(given, declared)).toEqual({ namespace: "[1]", zones: ["a", "b"] });
  });

  it("are refused where a list is no JSON, without a word of the value", () => {
    const work = () => valuesGiven({ zones: "hush-hush, more" }, [{ name: "zones", type: "list(string)" }]);
    expect(work).toThrow('The variable "zones" is a list(string), and the value that was given for it is not JSON.');
    expect(work).not.toThrow("hush");
  });

  it("are masked whole, line by line, within JSON and as JSON writes them, when they are long enough", () => {
    const mask = maskOf(
      secretsIn({ key: "first line\nsecond line", list: '["element-one"]', short: "dev", quoted: 'say "please"' }),
    );
    const shown = mask('second line, element-one, dev, "say \\"please\\"", first line\\nsecond line');
    expect(shown).not.toMatch(/second|element|please|first/);
    expect(shown).toContain("dev");
  });

  it("that are missing are named with the flag, the file and the line", () => {
    const detail = 'The root module input variable "namespace" is not set, and has no default value.';
    const diagnostic = { severity: "error", summary: "No value for required variable", detail, address: "" } as const;
    const options = { code: "invalid_template", mask: (text: string) => text } as const;
    expect(missingVariables([{ ...diagnostic, file: "main.tf", line: 3 }], options)).toMatchObject({
      message: 'The variable "namespace" (main.tf, line 3) has no default, and the push gave no value for it.',
      next: expect.stringContaining("prewarm templates push FOLDER --variable namespace="),
      problems: [{ file: "main.tf", line: 3 }],
    });
    expect(missingVariables([{ ...diagnostic, summary: "Unsupported argument" }], options)).toBeNull();
  });
});
