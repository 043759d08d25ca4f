import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stateKeyBytes } from "../app/provisioner/state-vault.ts";
import { ConfigError } from "../platform/config/config-error.ts";
import { serverOptions } from "../platform/config/server-options.ts";
import type { Random } from "../platform/random.ts";
import { makeNamedFolder } from "../platform/make-folder.ts";

const fileName = "state.key";

export interface StateKeys {
  /** The first one seals, each of them opens. */
  readonly keys: readonly [Buffer, ...Buffer[]];
  /** The file that this start has made a new key in, if it did: a server that turns out to need another one removes it. */
  readonly madeFile: string | null;
}

/**
 * The keys that provider states are sealed with: those of the option, else the one of the data folder, which is made at
 * the first start.
 * Errors: `ConfigError` for text that is no key.
 */
export function stateKeys(option: string, from: { readonly dataDir: string; readonly random: Random }): StateKeys {
  if (option === "") return ownKey(from);
  // In a file, which the option may come from, each key may have a line of its own.
  const [first = "", ...others] = option.trim().split(/[,\n]/);
  const { name } = serverOptions.stateKey;
  return { keys: [keyOf(first, name), ...others.map((other) => keyOf(other, name))], madeFile: null };
}

function ownKey(from: { readonly dataDir: string; readonly random: Random }): StateKeys {
  const file = path.join(from.dataDir, fileName);
  makeNamedFolder(from.dataDir);
  const fresh = `${file}.${from.random.base32(8)}`;
  writeFileSync(fresh, `${from.random.bytes(stateKeyBytes).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  let madeFile: string | null = file;
  try {
    // Appears whole or not at all, and only where there is none: of two that begin at once, both read the same.
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    madeFile = null;
  } finally {
    rmSync(fresh);
  }
  return { keys: [keyOf(readFileSync(file, "utf8"), `the file ${file}`)], madeFile };
}

function keyOf(text: string, where: string): Buffer {
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === stateKeyBytes) return key;
  const message = `${where} must hold ${stateKeyBytes} bytes in base64, such as \`openssl rand -base64 32\` prints.`;
  throw new ConfigError([{ option: serverOptions.stateKey.name, message }]);
}
