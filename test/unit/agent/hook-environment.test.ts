import { expect, test } from "vitest";
import { ownerEnvironment } from "../../../src/agent/hook-environment.ts";
import type { ClaimRecord } from "../../../src/contracts/agent-protocol.ts";

const common = { PREWARM_URL: "https://prewarm.example:8443/below" };
const recordOf = (email: string): ClaimRecord =>
  ({
    owner: { id: "1", username: "ada", name: "Ada", email },
    workspaceName: "dev",
    parameters: {},
  }) as unknown as ClaimRecord;

test("git commits as the owner by his address, and what he has set in its configuration does not matter", () => {
  const variables = ownerEnvironment(recordOf("ada@example.com"), common);
  expect(variables).toMatchObject({ GIT_AUTHOR_EMAIL: "ada@example.com", GIT_COMMITTER_EMAIL: "ada@example.com" });
  expect(variables).not.toHaveProperty("EMAIL");
});

test("where his account has none, git has one to commit with, and what he has configured goes before it", () => {
  const variables = ownerEnvironment(recordOf(""), common);
  expect(variables).toMatchObject({ GIT_AUTHOR_NAME: "Ada", EMAIL: "ada@prewarm.example" });
  expect(variables).not.toHaveProperty("GIT_AUTHOR_EMAIL");
});

test.each([
  { ...common, EMAIL: "team@example.com" },
  {},
])("it takes nothing from a template, and makes up no host", (given) => {
  expect(ownerEnvironment(recordOf(""), given)).not.toHaveProperty("EMAIL");
});
