import { type AttributePath, type Diagnostic, warning } from "../protocol/diagnostic.ts";
import type { Block } from "../schema/schema-shape.ts";
import { fieldOf, type Fields, isFields, isList } from "../values/value.ts";
import { blockRuleProblems } from "./block-rules.ts";
import { attributeProblems } from "./value-rules.ts";

/** Nobody reads more of one block at once. */
const problemsMax = 50;

/** What the schema's rules refuse of a configuration, each with its place; nothing for what is not known yet. */
export function configProblems(block: Block, config: Fields): readonly Diagnostic[] {
  return blockProblems(block, config, []).slice(0, problemsMax);
}

function blockProblems(block: Block, fields: Fields, path: AttributePath): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const [name, attribute] of Object.entries(block.attributes)) {
    if (attribute.use === "computed") continue;
    found.push(...attributeProblems(attribute, fieldOf(fields, name), [...path, name]));
  }
  for (const [name, nested] of Object.entries(block.blocks ?? {})) {
    const items = fieldOf(fields, name);
    if (!isList(items)) continue;
    if (nested.deprecated !== undefined && items.length > 0) {
      found.push(warning([...path, name], `${name} is deprecated`, nested.deprecated));
    }
    for (const [at, item] of items.entries()) {
      // Terraform finds no place within a set: the path ends at the block's name.
      const place = nested.nesting === "list" ? [...path, name, at] : [...path, name];
      if (isFields(item)) found.push(...itemProblems(nested.block, item, place, nested.nesting === "set"));
    }
  }
  for (const rule of block.rules ?? []) found.push(...blockRuleProblems(rule, fields, path));
  return found;
}

function itemProblems(block: Block, item: Fields, place: AttributePath, isInSet: boolean): readonly Diagnostic[] {
  const found = blockProblems(block, item, place);
  return isInSet ? found.map((each) => ({ ...each, path: place })) : found;
}
