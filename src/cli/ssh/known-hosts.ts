import { readFile } from "node:fs/promises";
import path from "node:path";
import { withFileLock } from "../../platform/file-lock.ts";
import { makeFolder } from "../../platform/make-folder.ts";
import { replaceFile } from "../../platform/replace-file.ts";

/** The server says it of the workspace's SSH server; anything else is not to get into a file that is trusted. */
const hostKeyShape = /^ssh-ed25519 [A-Za-z0-9+/]{60,100}={0,2}$/;

/**
 * The text with the host's one key, all other lines as they were; the same text when nothing changes. A line may end with
 * the workspace's id, a comment to OpenSSH, by which it is known later whose key it is.
 */
export function withHostKey(text: string, host: string, hostKey: string): string {
  const name = host.toLowerCase();
  const line = `${name} ${hostKey}`;
  const lines = linesOf(text);
  const [present, ...more] = lines.filter((each) => isOf(name, each));
  if (more.length === 0 && (present === line || present?.startsWith(`${line} `) === true)) return text;
  return textOf([...lines.filter((each) => !isOf(name, each)), line]);
}

export function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((each) => each !== "");
}

export function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function isOf(host: string, line: string): boolean {
  return line.startsWith(`${host} `);
}

export function isHostKey(text: string): boolean {
  return hostKeyShape.test(text);
}

/**
 * Sees to it that `known_hosts` has this key, and no other, for the host. Others may do so at the same time, for others.
 * Errors: those of the file system; a key that is none.
 */
export async function keepHostKey(file: string, host: string, hostKey: string): Promise<void> {
  if (!isHostKey(hostKey)) throw new Error("the key that the server told of is no ed25519 key");
  await changeKnownHosts(file, (text) => withHostKey(text, host, hostKey));
}

/** Changes the file as a whole while nobody else does. Errors: those of the file system. */
export async function changeKnownHosts(file: string, change: (text: string) => string): Promise<void> {
  // Mostly it is as it is to be, and then nobody has to wait for anybody.
  const known = await readKnownHosts(file);
  if (change(known) === known) return;
  makeFolder(path.dirname(file), 0o700);
  await withFileLock(`${file}.lock`, async () => {
    const text = await readKnownHosts(file);
    const wanted = change(text);
    if (wanted !== text) await replaceFile(file, wanted, 0o600);
  });
}

/** Empty where there is none. */
export async function readKnownHosts(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
