import { lstatSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { CodedError } from "../contracts/errors.ts";
import { makeFolder } from "../platform/make-folder.ts";
import { InterruptedError } from "./interrupted.ts";
import type { CliWorld } from "./world.ts";

interface Forced {
  readonly isForced: boolean;
}

interface Placing extends Forced {
  readonly folder: string;
  readonly archive: Uint8Array;
  readonly world: Pick<CliWorld, "onSignal">;
}

/** @returns whether the folder is there. Errors: `conflict` where nothing may be written. */
export function checkPullFolder(folder: string, { isForced }: Forced): boolean {
  try {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (found === undefined) return false;
    if (found.isSymbolicLink()) throw refused(`${folder} is a link.`, "Name the folder that it leads to.");
    if (!found.isDirectory()) throw refused(`${folder} is there, and is no folder.`, "Name another one.");
    if (isForced || readdirSync(folder).length === 0) return true;
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  throw refused(
    `${folder} is there, and is not empty.`,
    "Name another folder, or replace what a push of it would publish with --force.",
  );
}

/** Whole or not at all: unpacked close by first, then moved in its place. @returns how many entries it has. */
export async function placeArchive({ folder, archive, world, isForced }: Placing): Promise<number> {
  // Loaded here, as no other command needs them.
  const { unpackArchive } = await import("../platform/archive/unpack-archive.ts");
  const { replacePacked } = await import("../platform/archive/replace-packed.ts");
  const { ignoreRuleOf, pullDraftPrefix } = await import("../platform/archive/ignore-patterns.ts");
  let isInterrupted = false;
  const takeBacks = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) =>
    world.onSignal(signal, () => (isInterrupted = true)),
  );
  let draft: string | undefined;
  try {
    const isThere = checkPullFolder(folder, { isForced });
    // On the same file system in either case.
    const close = isThere ? folder : path.dirname(folder);
    makeFolder(close);
    draft = mkdtempSync(path.join(close, pullDraftPrefix));
    const fresh = path.join(draft, "new");
    makeFolder(fresh);
    const { entries } = await unpackArchive(archive, fresh);
    const rule = await ignoreRuleOf(folder);
    if (isInterrupted) {
      throw new InterruptedError({ message: `Interrupted: nothing of ${folder} is changed.`, next: "Pull it again." });
    }
    if (!isThere) {
      renameSync(fresh, folder);
      return entries;
    }
    const aside = path.join(draft, "old");
    const failure = replacePacked({ folder, fresh, aside, rule });
    if (failure?.isTakenBack === false) draft = undefined; // It has what somebody wrote.
    if (failure !== null) throw failure.isTakenBack ? failure.error : halfWay(folder, aside, failure.error);
    return entries;
  } catch (cause) {
    throw unwritable(folder, cause);
  } finally {
    if (draft !== undefined) rmSync(draft, { recursive: true, force: true });
    for (const takeBack of takeBacks) takeBack();
  }
}

function refused(message: string, next: string): CodedError {
  return new CodedError("conflict", message, { next });
}

function unwritable(folder: string, cause: unknown): unknown {
  if (cause instanceof CodedError || cause instanceof InterruptedError) return cause;
  return new CodedError("conflict", `${folder} cannot be written: ${String(cause)}.`, {
    cause,
    next: "Name another folder.",
  });
}

function halfWay(folder: string, aside: string, cause: unknown): CodedError {
  return new CodedError("conflict", `${folder} could not be written, nor put back as it was: ${String(cause)}.`, {
    cause,
    next: `What it lacks is in ${aside}.`,
  });
}
