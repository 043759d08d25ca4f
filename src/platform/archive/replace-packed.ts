import { type Dirent, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, statSync } from "node:fs";
import path from "node:path";
import { CodedError } from "../../contracts/errors.ts";
import { makeFolder } from "../make-folder.ts";
import { type IgnoreRule, ignoreFileName } from "./ignore-patterns.ts";

export interface Replacing {
  /** What a push would pack of it is replaced; the rest of it stays: `.git`, Terraform's state, what its rules name. */
  readonly folder: string;
  /** What comes in its place, on the same file system; it is empty afterwards. */
  readonly fresh: string;
  /** Takes what was there. */
  readonly aside: string;
  readonly rule: IgnoreRule;
}

export interface ReplaceFailure {
  readonly error: unknown;
  /** Whether all is as it was; otherwise `aside` has what is missing. */
  readonly isTakenBack: boolean;
}

interface Work extends Replacing {
  /** How each step is taken back. */
  readonly steps: (() => void)[];
}

/**
 * Renames only, at once and one after the other, because the folder itself may be the one that a shell stands in, or a
 * file system of its own. What was done is taken back when one fails. @returns null when all was done.
 */
export function replacePacked(replacing: Replacing): ReplaceFailure | null {
  const work: Work = { ...replacing, steps: [] };
  try {
    moveAside(work, "");
    moveIn(work, "");
    return null;
  } catch (error) {
    try {
      for (const takeBack of work.steps.toReversed()) takeBack();
      return { error, isTakenBack: true };
    } catch {
      return { error, isTakenBack: false };
    }
  }
}

function moveAside(work: Work, below: string): void {
  for (const child of childrenOf(work.folder, below)) {
    const name = below + child.name;
    if (name === ignoreFileName || work.rule(name, child.isDirectory())) continue;
    if (child.isDirectory()) {
      moveAside(work, `${name}/`);
      removeEmpty(work, path.join(work.folder, name));
    } else {
      putAside(work, name);
    }
  }
}

function moveIn(work: Work, below: string): void {
  const known = new Map(childrenOf(work.folder, below).map((child) => [child.name, child]));
  for (const child of childrenOf(work.fresh, below)) {
    const name = below + child.name;
    const target = path.join(work.folder, name);
    const there = known.get(child.name);
    if (there === undefined) {
      move(work, path.join(work.fresh, name), target);
    } else if (there.isDirectory() && child.isDirectory()) {
      moveIn(work, `${name}/`);
    } else if (there.isFile() && child.isFile()) {
      putAside(work, name);
      move(work, path.join(work.fresh, name), target);
    } else {
      // Also a link, which would lead somewhere else.
      throw new CodedError("conflict", `${target} is in the way, and is nothing that a push would publish.`, {
        next: "Move it away, or name another folder.",
      });
    }
  }
}

/** Names are found by reading, never by following: a link is a link. */
function childrenOf(folder: string, below: string): Dirent[] {
  return readdirSync(path.join(folder, below), { withFileTypes: true });
}

function putAside(work: Work, name: string): void {
  const target = path.join(work.aside, name);
  makeFolder(path.dirname(target));
  move(work, path.join(work.folder, name), target);
}

function move(work: Work, from: string, to: string): void {
  renameSync(from, to);
  work.steps.push(() => {
    if (!existsSync(path.dirname(from))) makeFolder(path.dirname(from));
    renameSync(to, from);
  });
}

function removeEmpty(work: Work, folder: string): void {
  if (readdirSync(folder).length > 0) return;
  const { mode } = statSync(folder);
  rmdirSync(folder);
  work.steps.push(() => mkdirSync(folder, { mode: mode & 0o7777 }));
}
