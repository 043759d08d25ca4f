// Parameters and presets of a template.yaml, with all that they may have.
import { expect, test } from "vitest";
import { readTemplateText } from "../../../src/app/templates/manifest-reader.ts";
import { parameterDefinition } from "../../../src/platform/manifest-parameters.ts";

const template = `driver: process
agents: [{ name: main }]
parameters:
  - name: Machine Image
    display_name: Image
    description: What is **in** it.
    icon: /icon/docker.svg
    order: 2
    form_type: dropdown
    options:
      - { name: Ubuntu, value: ubuntu, icon: /emojis/1f427.png, description: The usual one }
      - { value: debian }
    default: ubuntu
  - name: Tools
    type: list
    form_type: radio
    options:
      - { name: Web, value: '["go", "node"]' }
      - { name: None, value: "[]" }
    default: '[ "go", "node" ]'
  - name: disk
    type: number
    default: 20
    form_type: slider
    validation: { min: 10, max: 100, monotonic: increasing, error: "from {min} to {max}" }
  - name: once
    ephemeral: true
    default: ""
    form_type: textarea
    styling: { placeholder: Said at each start, mask_input: true, disabled: false }
presets:
  - name: "GoLand: Large"
    icon: /icon/goland.svg
    description: As large as it gets
    parameters: { Machine Image: debian, Tools: ["go", "node"] }
`;

test("are read with all of it, and their values are as the rules want them", () => {
  const read = readTemplateText(template);
  if (read.kind === "refused") throw new Error(JSON.stringify(read.problems));
  const [image, tools, disk, once] = (read.manifest.parameters ?? []).map(parameterDefinition);
  expect(image).toEqual({
    name: "Machine Image",
    displayName: "Image",
    description: "What is **in** it.",
    icon: "/icon/docker.svg",
    order: 2,
    type: "string",
    formType: "dropdown",
    mutable: true,
    default: "ubuntu",
    options: [
      { name: "Ubuntu", value: "ubuntu", icon: "/emojis/1f427.png", description: "The usual one" },
      { name: "debian", value: "debian" },
    ],
  });
  expect(tools?.options?.map(({ value }) => value)).toEqual(['["go","node"]', "[]"]);
  expect(disk?.validation).toEqual({ min: 10, max: 100, monotonic: "increasing", error: "from {min} to {max}" });
  expect(once).toMatchObject({
    ephemeral: true,
    formType: "textarea",
    styling: { placeholder: "Said at each start", maskInput: true, disabled: false },
  });
  expect(read.presets).toMatchObject([
    {
      name: "GoLand: Large",
      icon: "/icon/goland.svg",
      parameters: { "Machine Image": "debian", Tools: '["go","node"]' },
    },
  ]);
});

test.each([
  ["a control that is none", "name: a, form_type: knob", "parameters[0].form_type"],
  ["a control that does not fit", "name: a, form_type: slider", "parameters[0].form_type"],
  ["an icon that is too long", `name: a, icon: ${"x".repeat(257)}`, "parameters[0].icon"],
  ["an order between two", "name: a, order: 1.5", "parameters[0].order"],
  ["a look that there is not", "name: a, styling: { colour: red }", "parameters[0].styling.colour"],
  ["a name that cannot be seen", 'name: "a\\u200b"', "parameters[0].name"],
])("%s is refused where it stands", (_what, parameter, field) => {
  const read = readTemplateText(`driver: process\nparameters:\n  - { ${parameter} }\n`);
  expect(read).toMatchObject({ kind: "refused", problems: [{ field, line: 3 }] });
});

test.each([
  ["a name of a preset that is too long", `name: ${"x".repeat(65)}`, "presets[0].name"],
  ["a description that is too long", `name: a, description: ${"x".repeat(129)}`, "presets[0].description"],
  ["an icon of a preset that is too long", `name: a, icon: ${"x".repeat(257)}`, "presets[0].icon"],
])("%s is refused where it stands", (_what, preset, field) => {
  const read = readTemplateText(`driver: process\npresets:\n  - { ${preset} }\n`);
  expect(read).toMatchObject({ kind: "refused", problems: [{ field, line: 3 }] });
});

test("a template without presets is one", () => {
  expect(readTemplateText("driver: process\nagents: [{ name: main }]\n")).toMatchObject({ kind: "ok", presets: [] });
});
