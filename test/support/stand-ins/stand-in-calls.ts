import { createHash } from "node:crypto";
import { readDynamic, writeDynamic } from "../../../src/provisioner/coder-provider/calls/dynamic-value.ts";
import { upgradeState } from "../../../src/provisioner/coder-provider/calls/upgrade-state.ts";
import { pathMessage } from "../../../src/provisioner/coder-provider/protocol/diagnostic.ts";
import type { Call } from "../../../src/provisioner/coder-provider/protocol/plugin-server.ts";
import { schemaBytes } from "../../../src/provisioner/coder-provider/protocol/schema-message.ts";
import type { Attribute, Block, TypeSchema } from "../../../src/provisioner/coder-provider/schema/schema-shape.ts";
import { conformBlock } from "../../../src/provisioner/coder-provider/values/conform.ts";
import {
  fieldOf,
  type Fields,
  isEqual,
  isFields,
  isList,
  textOf,
  unknownValue,
  type Value,
} from "../../../src/provisioner/coder-provider/values/value.ts";
import { schemasOf, type StandInProvider } from "./notation.ts";

type Message = Readonly<Record<string, unknown>>;

/** What becomes true outside when a resource of the type comes and goes. All of it is done when the call returns. */
export interface StandInWorld {
  make(type: string, fields: Fields): void;
  change(type: string, prior: Fields, fields: Fields): void;
  remove(type: string, fields: Fields): void;
}

/** A provider whose things exist in the state, and in `world`. Ids are made of what a thing is made of, and a number. */
export function standInCalls(provider: StandInProvider, world: StandInWorld): Readonly<Record<string, Call>> {
  const schemas = schemasOf(provider);
  const resourceOf = (message: Message): TypeSchema => schemaNamed(schemas.resources, message);
  const nothing = (): Message => ({});
  const made = new Map<string, number>();
  const madeId = (type: string, fields: Fields): string => {
    const kind = hashOf([type, fields]);
    const before = made.get(kind) ?? 0;
    made.set(kind, before + 1);
    return hashOf([kind, before]);
  };
  return {
    GetSchema: { asked: "Empty", answered: "SchemaAnswer", answer: () => schemaBytes(schemas) },
    PrepareProviderConfig: {
      asked: "PrepareAsked",
      answered: "PrepareAnswer",
      answer: ({ config }) => ({ preparedConfig: config }),
    },
    Configure: { asked: "ConfigureAsked", answered: "DiagnosticsAnswer", answer: nothing },
    ValidateResourceTypeConfig: { asked: "ConfigAsked", answered: "DiagnosticsAnswer", answer: nothing },
    ValidateDataSourceConfig: { asked: "ConfigAsked", answered: "DiagnosticsAnswer", answer: nothing },
    UpgradeResourceState: {
      asked: "UpgradeAsked",
      answered: "UpgradeAnswer",
      answer: (message) => ({ upgradedState: writeDynamic(upgradeState(resourceOf(message), message["rawState"])) }),
    },
    ReadResource: {
      asked: "ReadAsked",
      answered: "ReadAnswer",
      answer: (message) => ({ newState: message["currentState"], private: message["private"] }),
    },
    PlanResourceChange: {
      asked: "PlanAsked",
      answered: "PlanAnswer",
      answer: (message) => plan(resourceOf(message).block, message),
    },
    ApplyResourceChange: {
      asked: "ApplyAsked",
      answered: "ApplyAnswer",
      answer: (message) => apply(message, { block: resourceOf(message).block, world, madeId }),
    },
    ReadDataSource: {
      asked: "ConfigAsked",
      answered: "ReadDataAnswer",
      answer: (message) => {
        const { block } = schemaNamed(schemas.dataSources, message);
        const config = readDynamic(block, message["config"]) ?? conformBlock(block, {});
        return { state: writeDynamic(withMade(block, config, hashOf([message["typeName"], config]))) };
      },
    },
    Stop: { asked: "Empty", answered: "StopAnswer", answer: nothing },
  };
}

function schemaNamed(schemas: Readonly<Record<string, TypeSchema>>, message: Message): TypeSchema {
  const schema = schemas[String(message["typeName"])];
  if (schema === undefined) throw new Error(`There is no ${String(message["typeName"])}.`);
  return schema;
}

function hashOf(what: unknown): string {
  return createHash("sha256").update(JSON.stringify(what)).digest("hex");
}

function plan(block: Block, message: Message): Message {
  const prior = readDynamic(block, message["priorState"]);
  const proposed = readDynamic(block, message["proposedNewState"]);
  const planned = proposed === null || prior !== null ? proposed : withUnknown(block, proposed);
  const replaced = prior === null || planned === null ? [] : replacing(block, prior, planned);
  return {
    plannedState: writeDynamic(planned),
    requiresReplace: replaced.map((name) => pathMessage([name])),
    plannedPrivate: message["priorPrivate"],
    legacyTypeSystem: true,
  };
}

/** Names at the top whose change, or the change of something marked in them, makes the resource anew. */
function replacing(block: Block, prior: Fields, planned: Fields): readonly string[] {
  const own = Object.keys(block.attributes).filter((name) => block.attributes[name]?.replaces === true);
  const nested = Object.entries(block.blocks ?? {}).filter(([name, { block: inner }]) => {
    return !isEqual(marked(inner, fieldOf(prior, name)), marked(inner, fieldOf(planned, name)));
  });
  return [
    ...own.filter((name) => !isEqual(fieldOf(prior, name), fieldOf(planned, name))),
    ...nested.map(([name]) => name),
  ];
}

/** Of nested blocks, only what is marked. */
function marked(block: Block, items: Value): Value {
  if (!isList(items)) return items;
  return items.map((item) => {
    if (!isFields(item)) return item;
    const own = Object.entries(item).filter(([name]) => block.attributes[name]?.replaces === true);
    const nested = Object.entries(block.blocks ?? {}).map(([name, { block: inner }]): [string, Value] => [
      name,
      marked(inner, fieldOf(item, name)),
    ]);
    return Object.fromEntries([...own, ...nested]);
  });
}

const isMade = (attribute: Attribute, value: Value): boolean => attribute.use.endsWith("computed") && value === null;

function withUnknown(block: Block, fields: Fields): Fields {
  return mapAttributes(block, fields, (attribute, value) => (isMade(attribute, value) ? unknownValue : value));
}

/** What is computed, made from `seed`; `id` is the seed itself. */
function withMade(block: Block, fields: Fields, seed: string): Fields {
  return mapAttributes(block, fields, (attribute, value, name) =>
    value === unknownValue || isMade(attribute, value)
      ? valueFrom(attribute, name === "id" ? seed : `${name}-${seed.slice(0, 12)}`)
      : value,
  );
}

function mapAttributes(
  block: Block,
  fields: Fields,
  change: (attribute: Attribute, value: Value, name: string) => Value,
): Fields {
  const changed = Object.entries(block.attributes).map(([name, attribute]): [string, Value] => [
    name,
    change(attribute, fieldOf(fields, name), name),
  ]);
  return { ...fields, ...Object.fromEntries(changed) };
}

function valueFrom({ type }: Attribute, text: string): Value {
  if (type === "string") return text;
  if (type === "number") return 1;
  if (type === "bool") return true;
  return type[0] === "map" || type[0] === "object" ? {} : [];
}

function apply(
  message: Message,
  options: {
    readonly block: Block;
    readonly world: StandInWorld;
    readonly madeId: (type: string, fields: Fields) => string;
  },
): Message {
  const { block, world, madeId } = options;
  const type = String(message["typeName"]);
  const prior = readDynamic(block, message["priorState"]);
  const planned = readDynamic(block, message["plannedState"]);
  if (planned === null) {
    if (prior !== null) world.remove(type, prior);
    return { newState: writeDynamic(null), legacyTypeSystem: true };
  }
  const made = withMade(block, planned, textOf(planned, "id") || madeId(type, withoutUnknown(planned)));
  if (prior === null) world.make(type, made);
  else world.change(type, prior, made);
  return { newState: writeDynamic(made), private: message["plannedPrivate"], legacyTypeSystem: true };
}

function withoutUnknown(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== unknownValue));
}
