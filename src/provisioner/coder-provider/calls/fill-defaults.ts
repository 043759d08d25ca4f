import type { Block } from "../schema/schema-shape.ts";
import { mapItems } from "../values/conform.ts";
import { fieldOf, type Fields, type Value } from "../values/value.ts";

/** The block with its defaults where it says nothing, nested blocks included. */
export function fillDefaults(block: Block, fields: Fields): Fields {
  const filled: Record<string, Value> = { ...fields };
  for (const [name, attribute] of Object.entries(block.attributes)) {
    if (attribute.default !== undefined && fieldOf(fields, name) === null) filled[name] = attribute.default;
  }
  for (const [name, nested] of Object.entries(block.blocks ?? {})) {
    filled[name] = mapItems(fieldOf(fields, name), (item) => fillDefaults(nested.block, item));
  }
  return filled;
}
