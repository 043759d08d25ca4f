import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { nodeFinding } from "../../../src/app/system/node-finding.ts";

const root = path.resolve(import.meta.dirname, "../../..");

describe("what doctor says of the server's Node", () => {
  test.each(["22.1.0", "24.21.0", "26.0.0"])("%s is fine", (version) => {
    expect(nodeFinding(version)).toMatchObject({ severity: "ok", message: `The server runs on Node ${version}.` });
  });

  test("one that gets no repairs any more works, and which to take instead is said", () => {
    expect(nodeFinding("20.20.2")).toMatchObject({ severity: "ok", message: expect.stringContaining("24 or 26") });
  });

  test.each(["21.0.0", "25.3.0", "28.0.0"])("%s is not tested, which is a warning", (version) => {
    expect(nodeFinding(version)).toMatchObject({ severity: "warning", next: expect.stringContaining("24 or 26") });
  });

  test("the versions are those that CI runs on, and begin with the one that package.json wants", () => {
    const ci = readFileSync(path.join(root, ".ci/run"), "utf8");
    expect(ci).toMatch(/on_node 26 npm test/);
    expect(ci).toMatch(/for major in 22 24; do on_node/);
    const { engines } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
      readonly engines: { readonly node: string };
    };
    expect(engines.node).toMatch(/^>=20\./);
  });
});
