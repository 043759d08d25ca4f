import { readDynamic, readJson, writeDynamic } from "../../../src/provisioner/coder-provider/calls/dynamic-value.ts";
import { pathMessage, type AttributePath } from "../../../src/provisioner/coder-provider/protocol/diagnostic.ts";
import type { Call } from "../../../src/provisioner/coder-provider/protocol/plugin-server.ts";
import { schemaBytes } from "../../../src/provisioner/coder-provider/protocol/schema-message.ts";
import type { Block, ProviderSchemas } from "../../../src/provisioner/coder-provider/schema/schema-shape.ts";
import { conformBlock } from "../../../src/provisioner/coder-provider/values/conform.ts";
import {
  fieldOf,
  type Fields,
  isEqual,
  isFields,
  isList,
  unknownValue,
  type Value,
} from "../../../src/provisioner/coder-provider/values/value.ts";

type Message = Readonly<Record<string, unknown>>;

/** What a provider does in the world. Its answers are sync, as the calls of the protocol are here. */
export interface StandInWorld {
  /** Values of computed attributes by name; what it leaves out is made up. */
  make(type: string, planned: Fields): Fields;
  remove(type: string, prior: Fields): void;
}

/** A provider for tests: its types are a table, and what they do to the world is `world`. */
export function standInCalls(schemas: ProviderSchemas, world: StandInWorld): Readonly<Record<string, Call>> {
  const blockOf = (message: Message, kind: "resources" | "dataSources"): Block => {
    const schema = schemas[kind][String(message["typeName"])];
    if (schema === undefined) throw new Error(`There is no ${String(message["typeName"])}.`);
    return schema.block;
  };
  const fine = { asked: "ConfigAsked", answered: "DiagnosticsAnswer", answer: () => ({}) } as const;
  return {
    GetSchema: { asked: "Empty", answered: "SchemaAnswer", answer: () => schemaBytes(schemas) },
    PrepareProviderConfig: {
      asked: "PrepareAsked",
      answered: "PrepareAnswer",
      answer: ({ config }) => ({ preparedConfig: config }),
    },
    Configure: { asked: "ConfigureAsked", answered: "DiagnosticsAnswer", answer: () => ({}) },
    ValidateResourceTypeConfig: fine,
    ValidateDataSourceConfig: fine,
    UpgradeResourceState: {
      asked: "UpgradeAsked",
      answered: "UpgradeAnswer",
      answer: (message) => {
        const raw = message["rawState"] as { readonly json?: Uint8Array };
        return { upgradedState: writeDynamic(conformBlock(blockOf(message, "resources"), readJson(raw.json))) };
      },
    },
    ReadResource: {
      asked: "ReadAsked",
      answered: "ReadAnswer",
      answer: (message) => ({ newState: message["currentState"], private: message["private"] }),
    },
    PlanResourceChange: {
      asked: "PlanAsked",
      answered: "PlanAnswer",
      answer: (message) => plan(blockOf(message, "resources"), message),
    },
    ApplyResourceChange: {
      asked: "ApplyAsked",
      answered: "ApplyAnswer",
      answer: (message) => apply(blockOf(message, "resources"), world, message),
    },
    ReadDataSource: {
      asked: "ConfigAsked",
      answered: "ReadDataAnswer",
      answer: (message) => {
        const block = blockOf(message, "dataSources");
        const config = readDynamic(block, message["config"]) ?? {};
        return { state: writeDynamic(madeUp(block, String(message["typeName"]), config)) };
      },
    },
    Stop: { asked: "Empty", answered: "StopAnswer", answer: () => ({}) },
  };
}

function plan(block: Block, message: Message): Message {
  const prior = readDynamic(block, message["priorState"]);
  const proposed = readDynamic(block, message["proposedNewState"]);
  const planned = proposed === null ? null : withUnknown(block, proposed);
  return {
    plannedState: writeDynamic(planned),
    requiresReplace: prior === null || planned === null ? [] : replacing(block, prior, planned).map(pathMessage),
    plannedPrivate: message["priorPrivate"],
    legacyTypeSystem: true,
  };
}

/** What the provider is to say at the apply. Terraform has put the prior values of computed attributes in already. */
function withUnknown(block: Block, proposed: Fields): Fields {
  const computed = Object.entries(block.attributes).filter(
    ([name, { use }]) => use.endsWith("computed") && fieldOf(proposed, name) === null,
  );
  return { ...proposed, ...Object.fromEntries(computed.map(([name]) => [name, unknownValue])) };
}

/** Paths of all marked attributes that change, also in nested blocks; a block that comes or goes counts as a whole. */
function replacing(block: Block, prior: Fields, planned: Fields, at: AttributePath = []): readonly AttributePath[] {
  const own = Object.entries(block.attributes)
    .filter(([name, { replaces }]) => replaces === true && !isEqual(fieldOf(prior, name), fieldOf(planned, name)))
    .map(([name]) => [...at, name]);
  const nested = Object.entries(block.blocks ?? {}).flatMap(([name, { block: inner, nesting }]) => {
    const [before, after] = [itemsOf(prior, name), itemsOf(planned, name)];
    const isMarked = Object.values(inner.attributes).some(({ replaces }) => replaces === true);
    if (nesting === "set" || before.length !== after.length) {
      return isMarked && !isEqual(before, after) ? [[...at, name]] : [];
    }
    return after.flatMap((item, index) => replacing(inner, before[index] ?? {}, item, [...at, name, index]));
  });
  return [...own, ...nested];
}

export function itemsOf(fields: Fields, name: string): readonly Fields[] {
  const value = fieldOf(fields, name);
  return isList(value) ? value.filter(isFields) : [];
}

function apply(block: Block, world: StandInWorld, message: Message): Message {
  const type = String(message["typeName"]);
  const prior = readDynamic(block, message["priorState"]);
  const planned = readDynamic(block, message["plannedState"]);
  if (planned === null) {
    if (prior !== null) world.remove(type, prior);
    return { newState: writeDynamic(null), legacyTypeSystem: true };
  }
  const made = prior === null ? { ...planned, ...world.make(type, planned) } : planned;
  return { newState: writeDynamic(madeUp(block, type, made)), legacyTypeSystem: true };
}

let numbers = 0;

/** With values for the computed attributes that have none. */
function madeUp(block: Block, type: string, fields: Fields): Fields {
  const open = Object.entries(block.attributes).filter(
    ([name, { use }]) => use.endsWith("computed") && [null, unknownValue].includes(fieldOf(fields, name) as null),
  );
  return { ...fields, ...Object.fromEntries(open.map(([name, { type: of }]) => [name, invented(of, type)])) };
}

function invented(of: Block["attributes"][string]["type"], type: string): Value {
  if (of === "string") {
    numbers += 1;
    return `${type}-${numbers}`;
  }
  if (of === "number") return 200;
  if (of === "bool") return true;
  return of[0] === "map" || of[0] === "object" ? {} : [];
}
