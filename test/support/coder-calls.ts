import { seededRandom } from "../../src/platform/random.ts";
import { writeDynamic } from "../../src/provisioner/coder-provider/calls/dynamic-value.ts";
import { providerCalls } from "../../src/provisioner/coder-provider/calls/provider-calls.ts";
import type { JobFacts } from "../../src/provisioner/coder-provider/job-facts.ts";
import { decodeMessage, encodeMessage } from "../../src/provisioner/coder-provider/protocol/messages.ts";
import { answerBytes } from "../../src/provisioner/coder-provider/protocol/plugin-server.ts";
import { coderSchemas } from "../../src/provisioner/coder-provider/schema.ts";
import { conformBlock } from "../../src/provisioner/coder-provider/values/conform.ts";
import { decodeMessagePack } from "../../src/provisioner/coder-provider/values/message-pack.ts";
import type { Fields, Value } from "../../src/provisioner/coder-provider/values/value.ts";

type Message = Readonly<Record<string, unknown>>;

/** The provider of one job, asked by messages as Terraform asks it, without a socket. */
export class AskedProvider {
  readonly #calls: ReturnType<typeof providerCalls>;

  constructor(facts: JobFacts) {
    this.#calls = providerCalls({ facts, random: seededRandom(7), ownUrl: null });
  }

  /** The answer to raw bytes. */
  askBytes(name: string, request: Uint8Array): Message {
    const call = this.#calls[name];
    if (call === undefined) throw new Error(`there is no call ${name}`);
    return decodeMessage(call.answered, answerBytes(name, call, request));
  }

  ask(name: string, message: Message): Message {
    const call = this.#calls[name];
    if (call === undefined) throw new Error(`there is no call ${name}`);
    return this.askBytes(name, encodeMessage(call.asked, message));
  }

  /** Errors: with the diagnostics, where there are errors among them. */
  read(typeName: string, config: Fields = {}): Fields {
    const schema = coderSchemas.dataSources[typeName];
    if (schema === undefined) throw new Error(`there is no ${typeName}`);
    const asked = { typeName, config: writeDynamic(conformBlock(schema.block, config)) };
    const answer = this.ask("ReadDataSource", asked);
    if (answer["state"] === undefined) throw new Error(diagnosticsOf(answer).join("; "));
    return valueOf(answer["state"]) as Fields;
  }

  upgrade(typeName: string, stored: unknown): Value {
    const rawState = { json: Buffer.from(JSON.stringify(stored)) };
    const answer = this.ask("UpgradeResourceState", { typeName, version: 1, rawState });
    if (answer["upgradedState"] === undefined) throw new Error(diagnosticsOf(answer).join("; "));
    return valueOf(answer["upgradedState"]);
  }
}

export function valueOf(message: unknown): Value {
  return decodeMessagePack((message as { readonly msgpack: Uint8Array }).msgpack) as Value;
}

/** Each as `error os: summary. detail`. */
export function diagnosticsOf(answer: Message): readonly string[] {
  const found = (answer["diagnostics"] ?? []) as readonly {
    readonly severity: number;
    readonly summary: string;
    readonly detail: string;
    readonly attribute?: { readonly steps: readonly Message[] };
  }[];
  return found.map(({ severity, summary, detail, attribute }) => {
    const path = (attribute?.steps ?? []).map((step) => step["attributeName"] ?? step["elementKeyInt"]).join(".");
    return `${severity === 1 ? "error" : "warning"} ${path}: ${summary}. ${detail}`;
  });
}
