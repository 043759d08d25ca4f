import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { referenceDocs } from "../../support/reference-docs.ts";

const docs = path.resolve(import.meta.dirname, "../../../docs");

test.each(Object.entries(referenceDocs))("docs/%s says what the code says", (name, render) => {
  const file = path.join(docs, name);
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, render());
  expect(readFileSync(file, "utf8")).toBe(render());
});
