import { readFile } from "node:fs/promises";
import path from "node:path";
import { withFileLock } from "../../platform/file-lock.ts";
import { makeFolder } from "../../platform/make-folder.ts";
import { replaceFile } from "../../platform/replace-file.ts";

/** The server says it of the workspace's SSH server; anything else is not to get into a file that is trusted. */
const hostKeyShape = /^ssh-ed25519 [A-Za-z0-9+/]{60,100}={0,2}$/;

/** The text with the host's one key, all other lines as they were; the same text when nothing changes. */
export function withHostKey(text: string, host: string, hostKey: string): string {
  const name = host.toLowerCase();
  const line = `${name} ${hostKey}`;
  const lines = text.split("\n").filter((each) => each !== "");
  if (lines.filter((each) => isOf(name, each)).join("\n") === line) return text;
  return `${[...lines.filter((each) => !isOf(name, each)), line].join("\n")}\n`;
}

function isOf(host: string, line: string): boolean {
  return line.startsWith(`${host} `);
}

/**
 * Sees to it that `known_hosts` has this key, and no other, for the host. Others may do so at the same time, for others.
 * Errors: those of the file system; a key that is none.
 */
export async function keepHostKey(file: string, host: string, hostKey: string): Promise<void> {
  if (!hostKeyShape.test(hostKey)) throw new Error("the key that the server told of is no ed25519 key");
  // Mostly it is there, and then nobody has to wait for anybody.
  const known = await readOrEmpty(file);
  if (withHostKey(known, host, hostKey) === known) return;
  makeFolder(path.dirname(file), 0o700);
  await withFileLock(`${file}.lock`, async () => {
    const text = await readOrEmpty(file);
    const wanted = withHostKey(text, host, hostKey);
    if (wanted !== text) await replaceFile(file, wanted, 0o600);
  });
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
