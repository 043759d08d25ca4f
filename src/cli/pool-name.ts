import type { CommandInput } from "./command-input.ts";

export interface PoolName {
  readonly template: string;
  readonly preset: string | undefined;
}

/** `TEMPLATE/PRESET`, or `TEMPLATE` for all its pools. A template's name has no slash in it, and a preset's may. */
export function readPoolName(input: CommandInput, text: string): PoolName {
  const [, template, preset] = /^([^/]+)(?:\/(.+))?$/s.exec(text) ?? [];
  if (template === undefined) input.refuse(`"${text}" is not TEMPLATE or TEMPLATE/PRESET.`);
  return { template, preset };
}

/** `TEMPLATE/PRESET`: one pool. */
export function readOnePool(input: CommandInput, text: string): { readonly template: string; readonly preset: string } {
  const { template, preset } = readPoolName(input, text);
  if (preset === undefined) input.refuse(`"${text}" names no preset; write ${template}/PRESET.`);
  return { template, preset };
}
