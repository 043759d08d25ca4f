import { dataSourceSchemas } from "./schema/data-source-schemas.ts";
import { resourceSchemas } from "./schema/resource-schemas.ts";
import { optional, type ProviderSchemas } from "./schema/schema-shape.ts";

/** All that the provider understands (spec §2–§5), as data: attributes and nested blocks, with their flags and rules. */
export const coderSchemas: ProviderSchemas = {
  provider: {
    version: 0,
    about: "What templates written for Coder say to their server, answered by Prewarm.",
    block: {
      attributes: { url: optional("string", "Address of the server, before the one that the job was given.") },
    },
  },
  resources: resourceSchemas,
  dataSources: dataSourceSchemas,
};
