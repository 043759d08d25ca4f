import protobuf from "protobufjs/light.js";

// The messages of Terraform's plugin protocol 5 that we use, declared by hand: the names are ours, the numbers and types
// are the protocol's. Fields that we neither read nor write are left out; a decoder skips them.

const of = (type: string, id: number): { readonly type: string; readonly id: number } => ({ type, id });
const many = (type: string, id: number): { readonly rule: "repeated"; readonly type: string; readonly id: number } => ({
  rule: "repeated",
  type,
  id,
});
const byName = (
  type: string,
  id: number,
): { readonly keyType: "string"; readonly type: string; readonly id: number } => ({
  keyType: "string",
  type,
  id,
});

const declarations = {
  nested: {
    Empty: { fields: {} },
    DynamicValue: { fields: { msgpack: of("bytes", 1), json: of("bytes", 2) } },
    PathStep: {
      oneofs: { selector: { oneof: ["attributeName", "elementKeyString", "elementKeyInt"] } },
      fields: {
        attributeName: of("string", 1),
        elementKeyString: of("string", 2),
        elementKeyInt: of("int64", 3),
      },
    },
    AttributePath: { fields: { steps: many("PathStep", 1) } },
    Diagnostic: {
      fields: {
        severity: of("int32", 1),
        summary: of("string", 2),
        detail: of("string", 3),
        attribute: of("AttributePath", 4),
      },
    },
    SchemaAttribute: {
      fields: {
        name: of("string", 1),
        type: of("bytes", 2),
        description: of("string", 3),
        required: of("bool", 4),
        optional: of("bool", 5),
        computed: of("bool", 6),
        sensitive: of("bool", 7),
        descriptionKind: of("int32", 8),
        deprecated: of("bool", 9),
      },
    },
    SchemaNestedBlock: {
      fields: {
        typeName: of("string", 1),
        block: of("SchemaBlock", 2),
        nesting: of("int32", 3),
        minItems: of("int64", 4),
        maxItems: of("int64", 5),
      },
    },
    SchemaBlock: {
      fields: {
        version: of("int64", 1),
        attributes: many("SchemaAttribute", 2),
        blockTypes: many("SchemaNestedBlock", 3),
        description: of("string", 4),
        descriptionKind: of("int32", 5),
        deprecated: of("bool", 6),
      },
    },
    Schema: { fields: { version: of("int64", 1), block: of("SchemaBlock", 2) } },
    ServerCapabilities: { fields: { planDestroy: of("bool", 1), getProviderSchemaOptional: of("bool", 2) } },
    SchemaAnswer: {
      fields: {
        provider: of("Schema", 1),
        resourceSchemas: byName("Schema", 2),
        dataSourceSchemas: byName("Schema", 3),
        diagnostics: many("Diagnostic", 4),
        serverCapabilities: of("ServerCapabilities", 6),
      },
    },
    PrepareAsked: { fields: { config: of("DynamicValue", 1) } },
    PrepareAnswer: { fields: { preparedConfig: of("DynamicValue", 1), diagnostics: many("Diagnostic", 2) } },
    ConfigureAsked: { fields: { terraformVersion: of("string", 1), config: of("DynamicValue", 2) } },
    DiagnosticsAnswer: { fields: { diagnostics: many("Diagnostic", 1) } },
    ConfigAsked: { fields: { typeName: of("string", 1), config: of("DynamicValue", 2) } },
    RawState: { fields: { json: of("bytes", 1), flatmap: byName("string", 2) } },
    UpgradeAsked: { fields: { typeName: of("string", 1), version: of("int64", 2), rawState: of("RawState", 3) } },
    UpgradeAnswer: { fields: { upgradedState: of("DynamicValue", 1), diagnostics: many("Diagnostic", 2) } },
    ReadAsked: {
      fields: { typeName: of("string", 1), currentState: of("DynamicValue", 2), private: of("bytes", 3) },
    },
    ReadAnswer: {
      fields: { newState: of("DynamicValue", 1), diagnostics: many("Diagnostic", 2), private: of("bytes", 3) },
    },
    PlanAsked: {
      fields: {
        typeName: of("string", 1),
        priorState: of("DynamicValue", 2),
        proposedNewState: of("DynamicValue", 3),
        config: of("DynamicValue", 4),
        priorPrivate: of("bytes", 5),
      },
    },
    PlanAnswer: {
      fields: {
        plannedState: of("DynamicValue", 1),
        requiresReplace: many("AttributePath", 2),
        plannedPrivate: of("bytes", 3),
        diagnostics: many("Diagnostic", 4),
        legacyTypeSystem: of("bool", 5),
      },
    },
    ApplyAsked: {
      fields: {
        typeName: of("string", 1),
        priorState: of("DynamicValue", 2),
        plannedState: of("DynamicValue", 3),
        config: of("DynamicValue", 4),
        plannedPrivate: of("bytes", 5),
      },
    },
    ApplyAnswer: {
      fields: {
        newState: of("DynamicValue", 1),
        private: of("bytes", 2),
        diagnostics: many("Diagnostic", 3),
        legacyTypeSystem: of("bool", 4),
      },
    },
    ImportAnswer: { fields: { diagnostics: many("Diagnostic", 2) } },
    ReadDataAnswer: { fields: { state: of("DynamicValue", 1), diagnostics: many("Diagnostic", 2) } },
    StopAnswer: { fields: { error: of("string", 1) } },
  },
} as const;

export type MessageName = keyof typeof declarations.nested;

const root = protobuf.Root.fromJSON(JSON.parse(JSON.stringify(declarations)) as protobuf.INamespace);

/** Fields that are missing in the message are missing in what is given. Errors: those of the decoder. */
export function decodeMessage(name: MessageName, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const type = root.lookupType(name);
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true });
}

export function encodeMessage(name: MessageName, message: Readonly<Record<string, unknown>>): Buffer {
  const type = root.lookupType(name);
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}
