import { readFile } from "node:fs/promises";

type Names = ReadonlyMap<number, string>;

/** Who numbers of users and groups belong to, as the workspace's own files say. Read once for a session. */
export class AccountNames {
  #users: Promise<Names> | undefined;
  #groups: Promise<Names> | undefined;

  async user(id: number): Promise<string | undefined> {
    this.#users ??= namesIn("/etc/passwd");
    return (await this.#users).get(id);
  }

  async group(id: number): Promise<string | undefined> {
    this.#groups ??= namesIn("/etc/group");
    return (await this.#groups).get(id);
  }
}

async function namesIn(file: string): Promise<Names> {
  const text = await readFile(file, "utf8").catch(() => "");
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name = "", , id = ""] = line.split(":");
    if (name !== "" && /^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
