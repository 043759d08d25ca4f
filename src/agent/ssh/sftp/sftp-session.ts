import { AccountNames } from "./account-names.ts";
import { statusAnswer } from "./answers.ts";
import { extensions } from "./extensions.ts";
import { FieldReader, FieldWriter } from "./fields.ts";
import * as files from "./file-requests.ts";
import { Handles } from "./handles.ts";
import { PacketFault } from "./packet-reader.ts";
import * as ofPaths from "./path-requests.ts";
import type { Paths } from "./paths.ts";
import type { Handler, SftpWorld } from "./sftp-world.ts";
import { reply, request, SftpStatus, status, statusOf, version } from "./protocol.ts";

interface Work {
  readonly handle: Handler;
  readonly isShared: boolean;
}

const alone = (handle: Handler): Work => ({ handle, isShared: false });
const shared = (handle: Handler): Work => ({ handle, isShared: true });

const works: Readonly<Record<number, Work>> = {
  [request.open]: alone(files.openFile),
  [request.close]: alone(files.closeHandle),
  [request.read]: shared(files.readFile),
  [request.write]: alone(files.writeFile),
  [request.lstat]: shared(ofPaths.statLink),
  [request.fstat]: shared(files.statHandle),
  [request.setstat]: alone(ofPaths.setOnPathOf),
  [request.fsetstat]: alone(files.setOnHandle),
  [request.opendir]: alone(ofPaths.openFolder),
  [request.readdir]: alone(ofPaths.readFolder),
  [request.remove]: alone(ofPaths.removeFile),
  [request.mkdir]: alone(ofPaths.makeFolder),
  [request.rmdir]: alone(ofPaths.removeFolder),
  [request.realpath]: shared(ofPaths.realPath),
  [request.stat]: shared(ofPaths.statPath),
  [request.rename]: alone(ofPaths.renameStrictly),
  [request.readlink]: shared(ofPaths.readLink),
  [request.symlink]: alone(ofPaths.makeLink),
};

/**
 * What a client asks, and what it is answered. Clients send much before they have heard of the first: all of it is done in
 * the order in which it came, but what only looks, which is done at once with others of its kind.
 */
export class SftpSession {
  readonly #world: SftpWorld;
  #isBegun = false;
  /** The last that changes something, and those since that only look. */
  #lastAlone: Promise<unknown> = Promise.resolve();
  #looking: Promise<unknown>[] = [];

  constructor(paths: Paths) {
    this.#world = { paths, handles: new Handles(), accounts: new AccountNames() };
  }

  get handles(): Handles {
    return this.#world.handles;
  }

  /** @returns the packet to be sent. Never fails but by a `PacketFault`: whoever is there speaks another protocol. */
  async answer(packet: Buffer): Promise<Buffer> {
    const fields = new FieldReader(packet);
    const kind = fields.u8();
    if (!this.#isBegun) return this.#begin(kind);
    if (kind === request.init) throw new PacketFault("The protocol was begun before.");
    if (fields.rest.length < 4) throw new PacketFault("A packet does not say what it is.");
    const id = fields.u32();
    try {
      const work = workOf(kind, fields);
      return await this.#inOrder(work.isShared, () => work.handle(id, fields, this.#world));
    } catch (error) {
      return statusAnswer(id, statusOf(error));
    }
  }

  async close(): Promise<void> {
    await this.#world.handles.closeAll();
  }

  #begin(kind: number): Buffer {
    if (kind !== request.init) throw new PacketFault("The protocol was not begun.");
    this.#isBegun = true;
    const fields = new FieldWriter().u8(reply.version).u32(version);
    for (const [name, extension] of Object.entries(extensions)) fields.text(name).text(extension.version);
    return new FieldWriter().bytes(fields.whole).whole;
  }

  #inOrder<Result>(isShared: boolean, work: () => Promise<Result>): Promise<Result> {
    if (isShared) {
      const done = this.#lastAlone.then(work);
      this.#looking.push(done.catch(() => undefined));
      return done;
    }
    const before = Promise.all([this.#lastAlone, ...this.#looking]);
    this.#looking = [];
    const done = before.then(work);
    this.#lastAlone = done.catch(() => undefined);
    return done;
  }
}

function workOf(kind: number, fields: FieldReader): Work {
  if (kind !== request.extended) return works[kind] ?? refuse(`A request of kind ${kind} is not known.`);
  const name = fields.bytes().toString("latin1");
  const extension = Object.hasOwn(extensions, name) ? extensions[name] : undefined;
  if (extension === undefined) return refuse("The extension is not known.");
  return { handle: extension.handle, isShared: extension.isShared ?? false };
}

function refuse(message: string): never {
  throw new SftpStatus(status.unsupported, message);
}
