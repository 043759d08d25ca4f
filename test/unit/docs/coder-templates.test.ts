import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { coderSchemas } from "../../../src/provisioner/coder-provider/schema.ts";
import type { Block } from "../../../src/provisioner/coder-provider/schema/schema-shape.ts";

const page = readFileSync(path.resolve(import.meta.dirname, "../../../docs/coder-templates.md"), "utf8");

interface Row {
  readonly block: string;
  readonly attributes: readonly string[];
  readonly status: string;
  readonly how: string;
}

const rows: readonly Row[] = [...page.matchAll(/^\| `([a-z_.]+)` \| (.*?) \| (\w+) \| (.*?) ?\|$/gm)].map(
  ([, block = "", attributes = "", status = "", how = ""]) => ({
    block,
    attributes: attributes.split(" ").map((name) => name.replaceAll("`", "")),
    status,
    how,
  }),
);

function attributesIn(block: string, { attributes, blocks = {} }: Block): readonly string[] {
  return [
    ...Object.keys(attributes).map((name) => `${block}.${name}`),
    ...Object.entries(blocks).flatMap(([name, nested]) => attributesIn(`${block}.${name}`, nested.block)),
  ];
}

const known = [
  ...Object.entries(coderSchemas.dataSources).flatMap(([name, { block }]) => attributesIn(`data.${name}`, block)),
  ...Object.entries(coderSchemas.resources).flatMap(([name, { block }]) => attributesIn(name, block)),
];
const told = rows.flatMap(({ block, attributes }) => attributes.map((name) => `${block}.${name}`));

describe("the table of docs/coder-templates.md", () => {
  test("has each attribute of each block that the provider knows, once, and no other", () => {
    expect(told.toSorted()).toEqual(known.toSorted());
  });

  test("says of each whether it works, differs or is refused, and how it differs", () => {
    expect(rows.filter(({ status }) => !["works", "differs", "refused"].includes(status))).toEqual([]);
    expect(rows.filter(({ status, how }) => status !== "works" && how === "")).toEqual([]);
  });

  test("stands on a page that says whose the names are", () => {
    expect(page).toContain("not affiliated with or endorsed by Coder Technologies, Inc.");
  });
});
