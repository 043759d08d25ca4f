import { parameterValueLengthMax } from "../../../../contracts/limits.ts";
import { CodedError } from "../../../../contracts/errors.ts";
import { fieldsOf, type Fields, textOf } from "../json-fields.ts";

interface Block {
  readonly address: string;
  readonly values: Fields;
}

export type MergedEnv =
  | { readonly kind: "merged"; readonly env: Readonly<Record<string, string>> }
  /** Two blocks set the same variable, and one of them forbids that. */
  | { readonly kind: "twice"; readonly name: string; readonly first: string; readonly second: string };

const separator = ":";

/**
 * Variables of an agent: its `coder_env`s in the order of their addresses, each merged as it says, and over them what the
 * agent's own block says.
 */
export function mergedEnv(agent: Block, envs: readonly Block[]): MergedEnv {
  const merged = new Map<string, { readonly value: string; readonly address: string; readonly isAlone: boolean }>();
  for (const { address, values } of envs) {
    const name = textOf(values["name"]);
    const strategy = textOf(values["merge_strategy"]);
    const before = merged.get(name);
    const isAlone = strategy === "error";
    if (before !== undefined && (isAlone || before.isAlone)) {
      return { kind: "twice", name, first: before.address, second: address };
    }
    const value = joined(strategy, before?.value, textOf(values["value"]));
    requireShort(value, { name, address });
    merged.set(name, { value, address, isAlone });
  }
  const own = Object.entries(fieldsOf(agent.values["env"])).map(([name, value]): [string, string] => {
    requireShort(textOf(value), { name, address: agent.address });
    return [name, textOf(value)];
  });
  const all = [...[...merged].map(([name, { value }]): [string, string] => [name, value]), ...own];
  return { kind: "merged", env: Object.fromEntries(all) };
}

function joined(strategy: string, before: string | undefined, value: string): string {
  if (before === undefined) return value;
  if (strategy === "append") return `${before}${separator}${value}`;
  if (strategy === "prepend") return `${value}${separator}${before}`;
  return value;
}

function requireShort(value: string, at: { readonly name: string; readonly address: string }): void {
  if (value.length <= parameterValueLengthMax) return;
  throw new CodedError(
    "build_failed",
    `The variable ${at.name} of ${at.address} has ${value.length} characters; at most ${parameterValueLengthMax} are allowed.`,
    { next: "Correct the template, and push it again." },
  );
}
