import { CodedError } from "../../contracts/errors.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { isSameServer, loadContexts } from "../contexts.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { changeConfig, type FileChange } from "../ssh/config-files.ts";
import { gatewayHosts } from "../ssh/gateway-hosts.ts";
import { changeKnownHosts } from "../ssh/known-hosts.ts";
import { withoutPrefix } from "../ssh/keys-ahead.ts";
import { sectionOf, writeKeysAhead } from "../ssh/refresh-hosts.ts";
import { type ConfigSection, doPrefixesMeet } from "../ssh/ssh-config.ts";
import { prefixDefault, readPrefix } from "../../contracts/ssh-host.ts";
import { knownHostsPath } from "../ssh/ssh-folder.ts";
import type { Deployment } from "../ssh/ssh-settings.ts";

/** For running workspaces to tell their keys; those that do not are asked by the next command. */
const keysMs = 10_000;

interface ConfigOptions {
  readonly prefix: string | undefined;
  readonly isDry: boolean;
  readonly isRemoved: boolean;
  /** Only prints what is to be trusted by who jumps through the gateway. */
  readonly isPrinted: boolean;
}

function read(input: CommandInput): ConfigOptions {
  const text = input.text("prefix");
  const prefix = text === undefined ? undefined : readPrefix(text);
  if (text !== undefined && prefix === undefined) {
    input.refuse(`--prefix is "${text}"; it must be lower-case letters, digits, dots and dashes, such as work.`);
  }
  return {
    prefix,
    isDry: input.isOn("dry-run"),
    isRemoved: input.isOn("remove"),
    isPrinted: input.isOn("known-hosts"),
  };
}

async function run(options: ConfigOptions, invocation: Invocation): Promise<number> {
  if (options.isPrinted) return await print(invocation);
  return options.isRemoved ? await remove(options, invocation) : await write(options, invocation);
}

async function write(options: ConfigOptions, invocation: Invocation): Promise<number> {
  const { world, organization } = invocation;
  const client = await invocation.connect();
  const deployment: Deployment = {
    url: client.url,
    prefix: options.prefix ?? prefixDefault,
    context: await contextOf(invocation, client.url, client.token),
    organization: organization.organization ?? null,
  };
  const fresh = await sectionOf(world, { client, deployment });
  const { section } = fresh;
  const files = await changeConfig(world, {
    sections: (present) => [...withoutRival(present, deployment), section],
    isIncluded: true,
    isDry: options.isDry,
  });
  if (!options.isDry) await writeKeysAhead(world, fresh, { client, signal: AbortSignal.timeout(keysMs) });
  const hosts = (/^Host (.*)$/m.exec(section.text)?.[1] ?? "").split(" ").slice(0, -2);
  const host = hosts[0] ?? `${deployment.prefix}WORKSPACE`;
  await tell(invocation, { options, files, deployment, hosts, last: `Connect with \`ssh ${host}\`.` });
  return exitCodes.done;
}

async function print(invocation: Invocation): Promise<number> {
  const lines = await gatewayHosts(await invocation.connect(), invocation.organization, AbortSignal.timeout(keysMs));
  invocation.output.result({ lines }, () => lines.join("\n"));
  return exitCodes.done;
}

async function remove(options: ConfigOptions, invocation: Invocation): Promise<number> {
  const { prefix } = options;
  const files = await changeConfig(invocation.world, {
    sections: (present) => (prefix === undefined ? [] : present.filter((one) => one.deployment.prefix !== prefix)),
    isIncluded: true,
    isDry: options.isDry,
  });
  if (prefix !== undefined && !options.isDry) {
    await changeKnownHosts(knownHostsPath(invocation.world), (text) => withoutPrefix(text, prefix));
  }
  await tell(invocation, { options, files, deployment: null, hosts: [], last: "" });
  return exitCodes.done;
}

/** The session that is used, when it is a stored one: another of the same server may be somebody else's. */
async function contextOf({ world }: Invocation, url: string, token: string | undefined): Promise<string | null> {
  const { contexts } = await loadContexts(world);
  return contexts.find((context) => context.token === token && isSameServer(context.url, url))?.name ?? null;
}

/** The others; what had this prefix for the same server is replaced. Errors: `name_taken`. */
function withoutRival(present: readonly ConfigSection[], wanted: Deployment): readonly ConfigSection[] {
  return present.filter(({ deployment }) => {
    const { url, prefix, organization } = deployment;
    if (!doPrefixesMeet(prefix, wanted.prefix)) return true;
    const isSame = prefix === wanted.prefix && isSameServer(url, wanted.url) && organization === wanted.organization;
    if (isSame) return false;
    const what = organization === null ? url : `${url}, organization ${organization}`;
    throw new CodedError("name_taken", `Hosts that begin with "${prefix}" belong to ${what}.`, {
      next: `Choose another word with \`--prefix work\`, or run \`prewarm config-ssh --remove --prefix ${prefix}\` first.`,
    });
  });
}

interface Told {
  readonly options: ConfigOptions;
  readonly files: readonly FileChange[];
  readonly deployment: Deployment | null;
  readonly hosts: readonly string[];
  readonly last: string;
}

async function tell({ output }: Invocation, { options, files, deployment, hosts, last }: Told): Promise<void> {
  const { isDry } = options;
  const verbs = { created: "creates", changed: "changes", removed: "removes", unchanged: "leaves as it is" } as const;
  const done = { created: "created", changed: "changed", removed: "removed", unchanged: "is as it was" } as const;
  const lines = files.map(({ file, kind }) =>
    isDry ? `${verbs[kind]} ${printable(file)}` : `${printable(file)}: ${done[kind]}`,
  );
  const diffs = isDry ? await diffsOf(files) : [];
  const toldFiles = files.map(({ file, kind }, nth) => ({ file, kind, ...(isDry ? { diff: diffs[nth] } : {}) }));
  output.result(
    { deployment, hosts, files: toldFiles, isDryRun: isDry },
    () =>
      [
        ...lines,
        ...diffs.filter((diff) => diff !== "").map((diff) => `\n${diff.trimEnd()}`),
        ...(last === "" || isDry ? [] : [last]),
      ].join("\n"),
    () => hosts,
  );
}

/** Loaded for a dry run alone: nothing else needs the comparison. */
async function diffsOf(files: readonly FileChange[]): Promise<readonly string[]> {
  const { textDiff } = await import("../output/text-diff.ts");
  return files.map(({ file, before, after }) => textDiff(file, before, after));
}

export const configSshCommand = defineCommand<ConfigOptions>({
  usage: "config-ssh",
  summary: "let ssh, scp, rsync and editors reach your workspaces by name",
  notes:
    "Writes ~/.ssh/prewarm/config, and includes it in the first line of ~/.ssh/config; nothing else is changed there. From " +
    "then on `ssh prewarm.dev` works, and so does whatever uses ssh: prewarm.WORKSPACE, prewarm.WORKSPACE.AGENT, " +
    "prewarm.OWNER--WORKSPACE. The keys of those that run are written to known_hosts beside it. Safe to repeat; `create`, `start`, `rename`, `delete` and `list` keep the names and keys up to date. " +
    "Another server, or another organization of it, takes a --prefix of its own. The folder is the one of the account's home, " +
    "unless PREWARM_SSH_DIR names another.",
  example: "prewarm config-ssh && ssh prewarm.dev",
  options: [
    { flags: "--prefix <word>", about: "what the names of hosts begin with; prewarm. unless said" },
    { flags: "--dry-run", about: "only say what would be written, with a diff" },
    { flags: "--remove", about: "take it all back; with --prefix only that one" },
    {
      flags: "--known-hosts",
      about:
        "only print lines of known_hosts for machines that jump through the SSH gateway (`ssh -J`) without prewarm",
    },
  ],
  isOrganizational: true,
  read,
  run,
});
