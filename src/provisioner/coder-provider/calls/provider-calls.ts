import { readData } from "../data/read-data.ts";
import { entryOf } from "../job-facts.ts";
import { type Diagnostic, diagnosticMessage, hasErrors, pathMessage, problem } from "../protocol/diagnostic.ts";
import type { Call } from "../protocol/plugin-server.ts";
import { schemaBytes } from "../protocol/schema-message.ts";
import { coderSchemas } from "../schema.ts";
import type { TypeSchema } from "../schema/schema-shape.ts";
import { validateConfig } from "../validate/type-rules.ts";
import { conformBlock } from "../values/conform.ts";
import { fieldOf, type Fields } from "../values/value.ts";
import { applyChange, planChange } from "./change-resource.ts";
import { readDynamic, writeDynamic } from "./dynamic-value.ts";
import { fillDefaults } from "./fill-defaults.ts";
import type { ProviderState } from "./provider-state.ts";
import { upgradeState } from "./upgrade-state.ts";

type Message = Readonly<Record<string, unknown>>;

const diagnosticsOf = (found: readonly Diagnostic[]): { readonly diagnostics: readonly Message[] } => ({
  diagnostics: found.map(diagnosticMessage),
});

/** What the provider answers to (spec §9.2). Calls of the protocol that are not here are answered as not implemented. */
export function providerCalls(state: ProviderState): Readonly<Record<string, Call>> {
  return {
    GetSchema: { asked: "Empty", answered: "SchemaAnswer", answer: () => schemaBytes(coderSchemas) },
    PrepareProviderConfig: {
      asked: "PrepareAsked",
      answered: "PrepareAnswer",
      answer: ({ config }) => ({ preparedConfig: config, ...diagnosticsOf(urlProblems(providerConfig(config))) }),
    },
    Configure: {
      asked: "ConfigureAsked",
      answered: "DiagnosticsAnswer",
      answer: ({ config }) => configure(state, config),
    },
    ValidateResourceTypeConfig: {
      asked: "ConfigAsked",
      answered: "DiagnosticsAnswer",
      answer: (message) => validate(resourceOf(message), message),
    },
    ValidateDataSourceConfig: {
      asked: "ConfigAsked",
      answered: "DiagnosticsAnswer",
      answer: (message) => validate(dataSourceOf(message), message),
    },
    UpgradeResourceState: {
      asked: "UpgradeAsked",
      answered: "UpgradeAnswer",
      answer: (message) => ({ upgradedState: writeDynamic(upgradeState(resourceOf(message), message["rawState"])) }),
    },
    ReadResource: {
      asked: "ReadAsked",
      answered: "ReadAnswer",
      // There is nothing outside that could have changed.
      answer: (message) => ({ newState: message["currentState"], private: message["private"] }),
    },
    PlanResourceChange: { asked: "PlanAsked", answered: "PlanAnswer", answer: (message) => plan(state, message) },
    ApplyResourceChange: { asked: "ApplyAsked", answered: "ApplyAnswer", answer: (message) => apply(state, message) },
    ImportResourceState: {
      asked: "Empty",
      answered: "ImportAnswer",
      answer: () => diagnosticsOf([notImported]),
    },
    ReadDataSource: { asked: "ConfigAsked", answered: "ReadDataAnswer", answer: (message) => read(state, message) },
    Stop: { asked: "Empty", answered: "StopAnswer", answer: () => ({}) },
  };
}

const notImported = problem(
  [],
  "Nothing of coder/coder can be imported",
  "Its resources exist in the state alone. Leave the import out: the next apply makes them.",
);

function providerConfig(config: unknown): Fields {
  const { block } = coderSchemas.provider;
  return readDynamic(block, config) ?? conformBlock(block, {});
}

function urlProblems(config: Fields): readonly Diagnostic[] {
  const url = fieldOf(config, "url");
  if (typeof url !== "string" || isWebAddress(url)) return [];
  return [
    problem(
      ["url"],
      "url is no address of a server",
      `"${url}" has to be an absolute URL with a host, such as https://example.com.`,
    ),
  ];
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function configure(state: ProviderState, message: unknown): Message {
  const config = providerConfig(message);
  const problems = urlProblems(config);
  const url = fieldOf(config, "url");
  if (problems.length === 0) state.ownUrl = typeof url === "string" ? url : null;
  return diagnosticsOf(problems);
}

/** Errors: a type that there is not. Terraform asks for none, because it has the schema. */
function schemaOf(schemas: Readonly<Record<string, TypeSchema>>, message: Message): TypeSchema {
  const name = String(message["typeName"]);
  const schema = entryOf(schemas, name);
  if (schema === undefined) throw new Error(`There is no ${name}.`);
  return schema;
}

const resourceOf = (message: Message): TypeSchema => schemaOf(coderSchemas.resources, message);
const dataSourceOf = (message: Message): TypeSchema => schemaOf(coderSchemas.dataSources, message);

function validate(schema: TypeSchema, message: Message): Message {
  const config = readDynamic(schema.block, message["config"]);
  return diagnosticsOf(config === null ? [] : validateConfig(String(message["typeName"]), schema, config));
}

function plan(state: ProviderState, message: Message): Message {
  const schema = resourceOf(message);
  const { planned, requiresReplace } = planChange(state, {
    type: String(message["typeName"]),
    schema,
    prior: readDynamic(schema.block, message["priorState"]),
    proposed: readDynamic(schema.block, message["proposedNewState"]),
    config: readDynamic(schema.block, message["config"]),
  });
  return {
    plannedState: writeDynamic(planned),
    requiresReplace: requiresReplace.map(pathMessage),
    plannedPrivate: message["priorPrivate"],
    // Terraform then lets defaults stand where the configuration says nothing, as it does for the real provider.
    legacyTypeSystem: true,
  };
}

function apply(state: ProviderState, message: Message): Message {
  const { block } = resourceOf(message);
  const made = applyChange(state, String(message["typeName"]), readDynamic(block, message["plannedState"]));
  return { newState: writeDynamic(made), private: message["plannedPrivate"], legacyTypeSystem: true };
}

function read(state: ProviderState, message: Message): Message {
  const { block } = dataSourceOf(message);
  const config = fillDefaults(block, readDynamic(block, message["config"]) ?? conformBlock(block, {}));
  const { computed, problems = [] } = readData(String(message["typeName"]), config, state);
  const found = diagnosticsOf(problems);
  return hasErrors(problems) ? found : { state: writeDynamic({ ...config, ...computed }), ...found };
}
