import type { Dir } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { handlesMax, SftpStatus, status } from "./protocol.ts";

export interface OpenFile {
  readonly kind: "file";
  readonly file: FileHandle;
}

export interface OpenFolder {
  readonly kind: "folder";
  readonly path: string;
  readonly folder: Dir;
  /** The two that a folder has besides, and which are told first. */
  extra: string[];
}

export type OpenThing = OpenFile | OpenFolder;

/** What a client has open, by the names that it is given for it. */
export class Handles {
  readonly #open = new Map<string, OpenThing>();
  #next = 0;

  get size(): number {
    return this.#open.size;
  }

  /** Errors: it has as many open as it may. Asked before something is opened. */
  askRoom(): void {
    if (this.#open.size >= handlesMax) throw new SftpStatus(status.failure, `No more than ${handlesMax} may be open.`);
  }

  add(thing: OpenThing): Buffer {
    this.#next += 1;
    const name = this.#next.toString(36);
    this.#open.set(name, thing);
    return Buffer.from(name);
  }

  file(handle: Buffer): FileHandle {
    const thing = this.#open.get(handle.toString("latin1"));
    if (thing?.kind !== "file") throw new SftpStatus(status.failure, "The handle is of no open file.");
    return thing.file;
  }

  folder(handle: Buffer): OpenFolder {
    const thing = this.#open.get(handle.toString("latin1"));
    if (thing?.kind !== "folder") throw new SftpStatus(status.failure, "The handle is of no open folder.");
    return thing;
  }

  async close(handle: Buffer): Promise<void> {
    const name = handle.toString("latin1");
    const thing = this.#open.get(name);
    if (thing === undefined) throw new SftpStatus(status.failure, "The handle is of nothing that is open.");
    this.#open.delete(name);
    await closeThing(thing);
  }

  async closeAll(): Promise<void> {
    const things = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(things.map((thing) => closeThing(thing).catch(() => undefined)));
  }
}

async function closeThing(thing: OpenThing): Promise<void> {
  if (thing.kind === "file") await thing.file.close();
  else await thing.folder.close();
}
