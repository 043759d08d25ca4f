import type { Block } from "../schema/schema-shape.ts";
import { conformBlock } from "../values/conform.ts";
import { decodeMessagePack, encodeMessagePack } from "../values/message-pack.ts";
import type { Fields, Value } from "../values/value.ts";

/** Fields of the message `DynamicValue`. */
export interface DynamicValue {
  readonly msgpack?: Uint8Array;
  readonly json?: Uint8Array;
}

/**
 * The value of a block as it came, in the shape of its schema; null for none.
 * Errors: `ShapeError`, or those of the decoders.
 */
export function readDynamic(block: Block, message: unknown): Fields | null {
  const { msgpack, json } = (message ?? {}) as DynamicValue;
  const value = msgpack !== undefined && msgpack.length > 0 ? decodeMessagePack(msgpack) : readJson(json);
  return value === null ? null : conformBlock(block, value);
}

/** Errors: `SyntaxError`. */
export function readJson(json: Uint8Array | undefined): unknown {
  return json === undefined || json.length === 0 ? null : JSON.parse(Buffer.from(json).toString("utf8"));
}

export function writeDynamic(value: Value): DynamicValue {
  return { msgpack: encodeMessagePack(value) };
}
