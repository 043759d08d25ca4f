import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stateKeyBytes } from "../app/provisioner/state-vault.ts";
import { ConfigError } from "../platform/config/config-error.ts";
import { serverOptions } from "../platform/config/server-options.ts";
import type { Random } from "../platform/random.ts";

const fileName = "state.key";

/**
 * The keys that provider states are sealed with: those of the option, else the one of the data folder, which is made at
 * the first start. The first one seals.
 * Errors: `ConfigError` for text that is no key.
 */
export function stateKeys(
  option: string,
  from: { readonly dataDir: string; readonly random: Random },
): readonly [Buffer, ...Buffer[]] {
  const { name } = serverOptions.stateKey;
  if (option !== "") {
    const [first, ...others] = option.split(",").map((text) => keyOf(text, name));
    if (first !== undefined) return [first, ...others];
  }
  const file = path.join(from.dataDir, fileName);
  mkdirSync(from.dataDir, { recursive: true });
  const fresh = `${file}.${from.random.base32(8)}`;
  writeFileSync(fresh, `${from.random.bytes(stateKeyBytes).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  try {
    // Appears whole or not at all, and only where there is none: of two that begin at once, both read the same.
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(fresh);
  }
  return [keyOf(readFileSync(file, "utf8"), `the file ${file}`)];
}

function keyOf(text: string, where: string): Buffer {
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === stateKeyBytes) return key;
  const message = `${where} must hold ${stateKeyBytes} bytes in base64, such as \`openssl rand -base64 32\` prints.`;
  throw new ConfigError([{ option: serverOptions.stateKey.name, message }]);
}
