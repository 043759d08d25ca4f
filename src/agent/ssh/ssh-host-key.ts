import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import ssh2 from "ssh2";

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
    return ssh2.utils.parseKey(secret) instanceof Error ? undefined : { secret, open };
  } catch {
    return undefined;
  }
}

function makeKey(file: string): SshHostKey {
  const made = ssh2.utils.generateKeyPairSync("ed25519");
  const open = made.public.trim().split(" ").slice(0, 2).join(" ");
  for (const [name, content] of [
    [file, made.private],
    [`${file}.pub`, `${open}\n`],
  ] as const) {
    writeFileSync(`${name}.new`, content, { mode: 0o600 });
    chmodSync(`${name}.new`, 0o600);
    renameSync(`${name}.new`, name);
  }
  return { secret: made.private, open };
}
