import { CodedError } from "../../../contracts/errors.ts";
import type { EngineClient } from "./engine-client.ts";
import { isGone } from "./engine-error.ts";
import { firstFileOf } from "./tar-entry.ts";

export interface NumericUser {
  readonly uid: number;
  readonly gid: number;
}

/** A passwd file of an image is small; anything else is not read. */
const fileBytesMax = 1_048_576;

/**
 * Who the container runs as, in numbers: files that are put into it must be his.
 * @param user as the container's configuration has it: empty, `name`, `uid`, or either with `:group`
 * Errors: `build_failed` when the image has no such user or group.
 */
export async function containerUser(engine: EngineClient, container: string, user: string): Promise<NumericUser> {
  const [who = "", group] = user.split(":");
  if (who === "" || ((who === "root" || who === "0") && group === undefined)) return { uid: 0, gid: 0 };
  const users = await table(engine, container, "/etc/passwd");
  // name:password:uid:gid:…; see passwd(5).
  const entry = users.find((fields) => (isNumber(who) ? fields[2] === who : fields[0] === who));
  if (entry === undefined && !isNumber(who)) throw unknown("user", who);
  const uid = Number(entry?.[2] ?? who);
  if (group === undefined) return { uid, gid: Number(entry?.[3] ?? 0) };
  if (isNumber(group)) return { uid, gid: Number(group) };
  const found = (await table(engine, container, "/etc/group")).find((fields) => fields[0] === group);
  if (found === undefined) throw unknown("group", group);
  return { uid, gid: Number(found[2]) };
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function unknown(kind: "user" | "group", name: string): CodedError {
  return new CodedError("build_failed", `The image has no ${kind} "${name}".`, {
    next: "Correct `docker.user` in template.yaml, or give its number.",
  });
}

async function table(engine: EngineClient, container: string, file: string): Promise<readonly (readonly string[])[]> {
  const text = await readContainerFile(engine, container, file);
  return text.split("\n").map((line) => line.split(":"));
}

/** Empty when there is no such file. */
async function readContainerFile(engine: EngineClient, container: string, file: string): Promise<string> {
  try {
    const answer = await engine.open({
      method: "GET",
      path: `/containers/${container}/archive`,
      query: { path: file },
    });
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of answer as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > fileBytesMax)
        throw new CodedError("build_failed", `${file} of the image is larger than ${fileBytesMax} bytes.`);
      pieces.push(piece);
    }
    return firstFileOf(Buffer.concat(pieces)).toString("utf8");
  } catch (error) {
    if (isGone(error)) return "";
    throw error;
  }
}
