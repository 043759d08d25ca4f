import { parseArgs } from "node:util";
import { UsageError } from "../usage-error.ts";
import { prefixDefault } from "../../contracts/ssh-host.ts";
import { type StartMode, startModes } from "../../contracts/start-rule.ts";

export interface ProxyOptions {
  readonly host: string;
  /** Undefined: the server in use, as for other commands. */
  readonly url: string | undefined;
  readonly context: string | undefined;
  readonly organization: string | null;
  readonly prefix: string;
  /** Undefined: where `config-ssh` has it. */
  readonly knownHosts: string | undefined;
  readonly start: StartMode;
}

const text = { type: "string" } as const;
const known = {
  stdio: { type: "boolean" },
  url: text,
  context: text,
  organization: text,
  prefix: text,
  "known-hosts": text,
  start: text,
} as const;

/** The words after `ssh`. Errors: `UsageError`. */
export function readProxyOptions(argv: readonly string[]): ProxyOptions {
  let parsed: ReturnType<typeof parseKnown>;
  try {
    parsed = parseKnown(argv);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), help);
  }
  const { values, positionals } = parsed;
  const [host, ...more] = positionals;
  if (host === undefined || more.length > 0) throw new UsageError("It takes one host: ssh --stdio HOST.", help);
  const start = startModes.find((mode) => mode === (values.start ?? "auto"));
  if (start === undefined) throw new UsageError(`--start is one of ${startModes.join(", ")}.`, help);
  return {
    host,
    url: values.url,
    context: values.context,
    organization: values.organization ?? null,
    prefix: values.prefix ?? prefixDefault,
    knownHosts: values["known-hosts"],
    start,
  };
}

const help = "See `prewarm ssh --help`; `prewarm config-ssh` writes it as it has to be.";

function parseKnown(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: known, allowPositionals: true, strict: true });
}
