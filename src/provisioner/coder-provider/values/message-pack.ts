import { decode, encode, ExtData } from "@msgpack/msgpack";
import { unknownValue, type Value } from "./value.ts";

/**
 * MessagePack as Terraform writes it: what is not known is an extension, of type 0 or of one that says more about it
 * (a refinement), which we do not use. We answer the shortest form, type 0 with one byte.
 */
const unknownAsExtension = {
  tryToEncode: (value: unknown): ExtData | null => (value === unknownValue ? new ExtData(0, Uint8Array.of(0)) : null),
  decode: (): Value => unknownValue,
};

/**
 * The value of a message, not yet compared with a schema: numbers may still be decimal texts.
 * Errors: those of the decoder, where the bytes are no MessagePack.
 */
export function decodeMessagePack(bytes: Uint8Array): unknown {
  return decode(bytes, { extensionCodec: unknownAsExtension });
}

/** Errors: those of the encoder, for a value that is nested deeper than 100 levels. */
export function encodeMessagePack(value: Value): Uint8Array {
  return encode(value, { extensionCodec: unknownAsExtension });
}
