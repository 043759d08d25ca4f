import { parseArgs } from "node:util";
import { cpu, disk, hostCpu, hostMemory, memory, type StatSource, type Use } from "./stat-readings.ts";

const prefixes = ["Ki", "Mi", "Gi", "Ti"] as const;
type Prefix = (typeof prefixes)[number];

/** One for whoever is used to have them all; the last word names what is measured. */
const kinds = ["cpu", "mem", "disk"] as const;
type Kind = (typeof kinds)[number];

interface StatWords {
  readonly kind: Kind | "all";
  readonly path: string;
  readonly isHost: boolean;
  readonly prefix: Prefix | null;
  readonly isJson: boolean;
}

/**
 * `coder stat cpu|mem|disk`: what is used, of how much, on one line. @param words what follows `stat`.
 * Errors: what cannot be read here, or is no such command, in a sentence.
 */
export async function coderStat(words: readonly string[], source: StatSource): Promise<string> {
  const asked = statWords(words);
  if (asked.kind !== "all") return await line(asked.kind, asked, source);
  const lines: string[] = [];
  for (const kind of kinds) lines.push(await line(kind, asked, source));
  return asked.isJson
    ? `[${lines.join(",")}]`
    : lines.map((text, at) => `${(kinds[at] ?? "").padEnd(4)}  ${text}`).join("\n");
}

function statWords(words: readonly string[]): StatWords {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      host: { type: "boolean", default: false },
      path: { type: "string", default: "/" },
      prefix: { type: "string" },
      output: { type: "string", short: "o", default: "text" },
    },
  });
  const [word = "all", ...more] = positionals;
  const kind = word === "all" ? word : kinds.find((each) => each === word);
  if (kind === undefined || more.length > 0) {
    throw new Error(`there is no statistic "${positionals.join(" ")}": name one of ${kinds.join(", ")}`);
  }
  const { prefix = "", output } = values;
  const found = prefixes.find((each) => each === prefix || each[0] === prefix);
  if (prefix !== "" && found === undefined) {
    throw new Error(`there is no prefix "${prefix}": name one of ${prefixes.join(", ")}`);
  }
  if (output !== "text" && output !== "json") throw new Error(`there is no output "${output}": name text or json`);
  return { kind, path: values.path, isHost: values.host, prefix: found ?? null, isJson: output === "json" };
}

async function line(kind: Kind, asked: StatWords, source: StatSource): Promise<string> {
  const use = await useOf(kind, asked, source);
  const percent = use.total > 0 ? Math.round((use.used / use.total) * 100) : 0;
  const [scale, unit] = kind === "cpu" ? [1, "cores"] : scaleOf(asked.prefix ?? prefixFor(use.total));
  const [used, total] = [rounded(use.used / scale), rounded(use.total / scale)];
  if (asked.isJson) return JSON.stringify({ used, total, unit, percent });
  return `${used}/${total} ${unit} (${percent}%)`;
}

async function useOf(kind: Kind, { isHost, path }: StatWords, source: StatSource): Promise<Use> {
  if (kind === "disk") return disk(source, path);
  if (kind === "mem") return isHost ? hostMemory(source) : memory(source);
  return isHost ? await hostCpu(source) : await cpu(source);
}

function scaleOf(prefix: Prefix): readonly [number, string] {
  return [1_024 ** (prefixes.indexOf(prefix) + 1), `${prefix}B`];
}

/** The largest by which the whole is one at least. */
function prefixFor(bytes: number): Prefix {
  return prefixes.findLast((_, at) => bytes >= 1_024 ** (at + 1)) ?? "Ki";
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
