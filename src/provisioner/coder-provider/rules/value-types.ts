import { parseListValue } from "../../../domain/parameters/parameter-value.ts";
import type { ParameterConfigType } from "./parameter-config.ts";

const bools = new Set(["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"]);
const integer = /^[+-]?\d+$/;
const decimalFloat = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const hexFloat = /^[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+$/;
const noFiniteFloat = /^(?:[+-]?inf(?:inity)?|nan)$/i;
/** Range of a whole number of 64 bits with a sign, which is what whole numbers of a parameter are held in. */
const integerMin = -(2n ** 63n);
const integerMax = 2n ** 63n - 1n;

/** Why a text is no value of a type, as the end of a sentence that begins with the value; null when it is one. */
export function typeFault(type: ParameterConfigType, value: string): string | null {
  switch (type) {
    case "string":
      return null;
    case "number":
      return isFloat(value) ? null : "is not a number";
    case "bool":
      return bools.has(value) ? null : "is neither true nor false";
    case "list(string)":
      return parseListValue(value) === null ? 'is not a JSON array of strings such as ["a","b"]' : null;
  }
}

/** A whole number's text, as it is bounded and compared: exactly. Null for anything else. */
export function integerOf(value: string): bigint | null {
  if (!integer.test(value)) return null;
  const parsed = BigInt(value.replace(/^\+/, ""));
  return parsed >= integerMin && parsed <= integerMax ? parsed : null;
}

function isFloat(value: string): boolean {
  if (noFiniteFloat.test(value) || hexFloat.test(value)) return true;
  // What is too large for a float is none, as where the original reads it.
  return decimalFloat.test(value) && Number.isFinite(Number(value));
}
