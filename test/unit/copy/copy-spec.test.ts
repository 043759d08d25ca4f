import { expect, test } from "vitest";
import { parseCopy, parseCopySide } from "../../../src/cli/tunnel/copy-spec.ts";

test.each([
  ["dev:x", "dev", null, "x"],
  ["dev:", "dev", null, "."],
  ["anna/dev.main:/a:b", "anna/dev", "main", "/a:b"],
] as const)("%s is in a workspace", (written, workspace, agent, path) => {
  expect(parseCopySide(written)).toEqual({ kind: "remote", workspace, agent, path, written });
});

test.each(["./dev:x", "/dev:x", "../a:b", "x", "C:\\x", "C:/x", "a/b/c:d", "-", ":x"])("%s is here", (written) => {
  expect(parseCopySide(written)).toEqual({ kind: "local", path: written });
});

test("exactly one side is in a workspace, and in one only", () => {
  expect(parseCopy(["a", "b", "dev.main:c/"], null)).toEqual({
    direction: "up",
    workspace: "dev",
    agent: "main",
    sources: ["a", "b"],
    target: "c/",
  });
  expect(parseCopy(["dev:a", "b"], "main")).toMatchObject({ direction: "down", agent: "main", target: "b" });
  expect(parseCopy(["a", "b"], null)).toMatch(/No side/);
  expect(parseCopy(["a"], null)).toMatch(/target/);
  expect(parseCopy(["dev:a", "dev:b"], null)).toMatch(/Both/);
  expect(parseCopy(["dev:a", "other:b", "c"], null)).toMatch(/one workspace/);
  expect(parseCopy(["-", "b", "dev:c"], null)).toMatch(/alone/);
});
