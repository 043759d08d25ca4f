import { expect, test } from "vitest";
import { parameterVariable, parameterVariables } from "../../../src/contracts/parameter-variable.ts";

test.each([
  ["size", "PREWARM_PARAMETER_SIZE"],
  ["git-branch", "PREWARM_PARAMETER_GIT_BRANCH"],
  ["Machine Image", "PREWARM_PARAMETER_MACHINE_IMAGE"],
  ["_x", "PREWARM_PARAMETER__X"],
  ["Is public instance?", undefined],
  ["größe", undefined],
  ["2nd disk", undefined],
  ["a=b", undefined],
])("the variable of %j is %j", (name, variable) => {
  expect(parameterVariable(name)).toBe(variable);
});

test("a name of which no variable can be made is left out, and the others are there", () => {
  expect(parameterVariables({ region: "eu", "Is public instance?": "true", "Machine Image": "ubuntu" })).toEqual({
    PREWARM_PARAMETER_REGION: "eu",
    PREWARM_PARAMETER_MACHINE_IMAGE: "ubuntu",
  });
});

test("names that become one variable have none, and nothing fails", () => {
  expect(parameterVariables({ "disk size": "1", disk_size: "2", "Disk-Size": "3", cpus: "4" })).toEqual({
    PREWARM_PARAMETER_CPUS: "4",
  });
});
