import { encodeMessage } from "./messages.ts";
import type { Attribute, Block, NestedBlock, ProviderSchemas, TypeSchema } from "../schema/schema-shape.ts";

type Fields = Readonly<Record<string, unknown>>;

const markdown = 1;
const nestings = { list: 2, set: 3 } as const;

const encoded = new WeakMap<ProviderSchemas, Buffer>();

/** The message `SchemaAnswer`: each command of Terraform asks for it, and it costs 8 ms (measured) to make. */
export function schemaBytes(schemas: ProviderSchemas): Buffer {
  const known = encoded.get(schemas);
  if (known !== undefined) return known;
  const bytes = encodeMessage("SchemaAnswer", schemaAnswer(schemas));
  encoded.set(schemas, bytes);
  return bytes;
}

function schemaAnswer({ provider, resources, dataSources }: ProviderSchemas): Fields {
  return {
    provider: schemaMessage(provider),
    resourceSchemas: mapped(resources),
    dataSourceSchemas: mapped(dataSources),
    // Terraform may use the schema that it has, and need not ask with every command.
    serverCapabilities: { getProviderSchemaOptional: true },
  };
}

function mapped(schemas: Readonly<Record<string, TypeSchema>>): Fields {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, schemaMessage(schema)]));
}

function schemaMessage({ version, block, about }: TypeSchema): Fields {
  return { version, block: blockMessage(block, about) };
}

function blockMessage(block: Block, about: string): Fields {
  return {
    attributes: Object.entries(block.attributes).map(([name, attribute]) => attributeMessage(name, attribute)),
    blockTypes: Object.entries(block.blocks ?? {}).map(([name, nested]) => nestedMessage(name, nested)),
    description: about,
    descriptionKind: markdown,
  };
}

function attributeMessage(name: string, attribute: Attribute): Fields {
  const { use } = attribute;
  return {
    name,
    type: Buffer.from(JSON.stringify(attribute.type)),
    description: attribute.about,
    descriptionKind: markdown,
    required: use === "required",
    optional: use.startsWith("optional"),
    computed: use.endsWith("computed"),
    sensitive: attribute.isSensitive === true,
    // What is set to warn about is said by `validate-config.ts`, with what to write instead.
    deprecated: false,
  };
}

function nestedMessage(name: string, nested: NestedBlock): Fields {
  return {
    typeName: name,
    block: blockMessage(nested.block, nested.about),
    nesting: nestings[nested.nesting],
    minItems: nested.itemsMin ?? 0,
    maxItems: nested.itemsMax ?? 0,
  };
}
