import { shellWord } from "../../contracts/shell-word.ts";
import type { StartMode } from "../../contracts/start-rule.ts";

/** The server that a block of hosts belongs to, and how it is reached. */
export interface Deployment {
  readonly url: string;
  readonly prefix: string;
  /** The context whose session is used while it is there; else any of the same server. */
  readonly context: string | null;
  readonly organization: string | null;
}

export interface SettingsOptions {
  readonly deployment: Deployment;
  /** The interpreter and the program, absolute: an editor that was not started from a shell has another `PATH`. */
  readonly program: readonly string[];
  readonly knownHosts: string;
  readonly start?: StartMode;
}

/** What OpenSSH is told about our hosts, by a file or on its command line. */
export function sshSettings(options: SettingsOptions): readonly (readonly [name: string, value: string])[] {
  return [
    ["User", "prewarm"],
    ["ProxyCommand", proxyCommand(options)],
    ["UserKnownHostsFile", quoted(options.knownHosts)],
    ["StrictHostKeyChecking", "yes"],
    ["HostKeyAlgorithms", "ssh-ed25519"],
    ["ConnectTimeout", "0"],
    ["ServerAliveInterval", "15"],
    ["ServerAliveCountMax", "4"],
    ["IgnoreUnknown", "WarnWeakCrypto"],
    ["WarnWeakCrypto", "no-pq-kex"],
  ];
}

function proxyCommand({ deployment, program, knownHosts, start }: SettingsOptions): string {
  const { url, prefix, context, organization } = deployment;
  const words = [
    ...program,
    "ssh",
    "--stdio",
    "--url",
    url,
    "--prefix",
    prefix,
    "--known-hosts",
    knownHosts,
    ...(context === null ? [] : ["--context", context]),
    ...(organization === null ? [] : ["--organization", organization]),
    ...(start === undefined ? [] : ["--start", start]),
  ];
  // OpenSSH before 9.6 hands over any host that somebody named, so that it must be one word to the shell.
  return `${words.map((word) => shellWord(word).replaceAll("%", "%%")).join(" ")} '%h'`;
}

/** A file's name as one word of OpenSSH, which also expands what begins with a percent sign. */
function quoted(file: string): string {
  const plain = file.replaceAll("%", "%%");
  return /[\s"'\\#]/.test(plain) ? `"${plain.replaceAll(/["\\]/g, String.raw`\$&`)}"` : plain;
}
