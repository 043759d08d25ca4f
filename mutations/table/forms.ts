import type { Mutation } from "../mutation.ts";

const httpTests = ["test/http/template-forms.test.ts"];

/** Forms of dynamic parameters: whose they are, how many at once, and what is held against them. */
export const formMutations: readonly Mutation[] = [
  {
    name: "form-of-another-person",
    breaks: "an answer that is kept is given to the person whose form it is",
    edits: [
      {
        file: "src/app/forms/evaluate-form.ts",
        find: "JSON.stringify([version.id, owner, chosen])",
        replace: "JSON.stringify([version.id, chosen])",
      },
    ],
    tests: httpTests,
  },
  {
    name: "form-many-at-once",
    breaks: "one evaluation at a time is under way for each form",
    edits: [
      {
        file: "src/app/forms/form-turns.ts",
        find: "if (running !== undefined) await this.#wait(running);",
        replace: "if (running !== undefined && form === null) await this.#wait(running);",
      },
    ],
    tests: ["test/unit/app/form-evaluations.test.ts"],
  },
  {
    name: "form-not-asked-by-a-creation",
    breaks: "a creation is held against the form of its values",
    edits: [
      {
        file: "src/app/workspaces/creation-request.ts",
        find: "if (!version.hasDynamicForm) return version;",
        replace: 'if (version.name !== "") return version;',
      },
    ],
    tests: httpTests,
  },
  {
    name: "form-asked-by-a-claim",
    breaks: "a claim of what a preset's pool is made of asks no provisioner",
    edits: [
      {
        file: "src/app/workspaces/creation-request.ts",
        find: "const isOfPool = preset !== undefined && preset.instances !== null;",
        replace: "const isOfPool = preset !== undefined && preset.instances === null;",
      },
    ],
    tests: httpTests,
  },
  {
    name: "form-broken-by-a-value",
    breaks: "a form is drawn although something of what was given does not fit",
    edits: [
      {
        file: "src/provisioner/coder-provider/data/read-parameter.ts",
        find: "if (facts.isForm === true && value !== undefined)",
        replace: "if (facts.isForm === undefined && value !== undefined)",
      },
    ],
    tests: ["test/unit/coder-provider/parameters.test.ts"],
  },
];
