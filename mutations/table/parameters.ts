import type { Mutation } from "../mutation.ts";

/** What a template asks for, and what its things are called (decision 0077). */
export const parameterMutations: readonly Mutation[] = [
  {
    name: "ephemeral-value-kept",
    breaks: "0077: what holds for one build is not what the next one begins with",
    edits: [
      {
        file: "src/db/builds/start-build.ts",
        find: "return { ...parameters, ...Object.fromEntries(defaults) };",
        replace: "return { ...Object.fromEntries(defaults), ...parameters };",
      },
    ],
    tests: ["test/db/ephemeral-parameters.test.ts"],
  },
  {
    name: "prebuild-loses-its-preset",
    breaks: "0077: an unclaimed prebuild is started with what its preset says",
    edits: [
      {
        file: "src/db/builds/start-build.ts",
        find: "parameters: isUnclaimed ? current.parameters : withoutEphemeral(current),",
        replace: "parameters: withoutEphemeral(current),",
      },
    ],
    tests: ["test/db/ephemeral-parameters.test.ts"],
  },
  {
    name: "ephemeral-value-compared",
    breaks: "0077: a value that holds for one build has none before it that it could be compared with",
    edits: [
      {
        file: "src/domain/parameters/resolve-parameters.ts",
        find: "definition.ephemeral === true ? undefined : canonical(input.previousValues)",
        replace: "canonical(input.previousValues)",
      },
    ],
    tests: ["test/unit/domain/parameter-forms.test.ts"],
  },
  {
    name: "slug-of-two",
    breaks: "0077: a slug that two presets have calls neither",
    edits: [
      {
        file: "src/contracts/free-name.ts",
        find: "return first !== undefined && meant.every((one) => nameOf(one) === nameOf(first)) ? first : undefined;",
        replace: "return first;",
      },
    ],
    tests: ["test/unit/contracts/free-name.test.ts"],
  },
  {
    name: "variable-by-chance",
    breaks: "0077: of names that become one variable none has it",
    edits: [
      {
        file: "src/contracts/parameter-variable.ts",
        find: "return Object.fromEntries(found.filter(([variable]) => counts.get(variable) === 1));",
        replace: "return Object.fromEntries(found.filter(([variable]) => counts.has(variable)));",
      },
    ],
    tests: ["test/unit/contracts/parameter-variable.test.ts"],
  },
];
