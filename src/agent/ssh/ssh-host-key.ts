import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { keyParser } from "../../platform/ssh/ssh2-modules.ts";
import { soundKeyPair } from "../../platform/ssh/sound-key-pair.ts";

export interface SshHostKey {
  /** As OpenSSH writes it. */
  readonly secret: string;
  /** `ssh-ed25519 AAAA…`, as a line of `known_hosts` has it after the host's name. */
  readonly open: string;
}

const fileName = "ssh_host_ed25519_key";

/**
 * The workspace's host key. It is made when somebody first gets in, and so after the claim: a prebuild that is copied, or an
 * image that was made of one, has none. It stays as long as the workspace's disk.
 */
export function sshHostKey(stateFolder: string): SshHostKey {
  const file = path.join(stateFolder, fileName);
  return readKey(file) ?? makeKey(file);
}

function readKey(file: string): SshHostKey | undefined {
  try {
    const [secret, open] = [readFileSync(file, "utf8"), readFileSync(`${file}.pub`, "utf8").trim()];
    // What cannot be read any more is made anew: the client says that the key has changed, and that is true.
    return keyParser.parseKey(secret) instanceof Error ? undefined : { secret, open };
  } catch {
    return undefined;
  }
}

function makeKey(file: string): SshHostKey {
  const made = soundKeyPair();
  const open = made.public.trim().split(" ").slice(0, 2).join(" ");
  const contents = [
    [file, made.private],
    [`${file}.pub`, `${open}\n`],
  ] as const;
  try {
    for (const [name, content] of contents) write(name, content);
  } catch {
    // Where nothing can be written it stays as long as the agent runs: clients are told of it with each connection.
  }
  return { secret: made.private, open };
}

function write(name: string, content: string): void {
  writeFileSync(`${name}.new`, content, { mode: 0o600 });
  chmodSync(`${name}.new`, 0o600);
  renameSync(`${name}.new`, name);
}
