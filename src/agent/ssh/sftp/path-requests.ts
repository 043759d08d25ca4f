import { link, lstat, mkdir, opendir, readlink, rename, rmdir, stat, symlink, unlink } from "node:fs/promises";
import { answer, nameAnswer, okAnswer, type NamedFile } from "./answers.ts";
import type { OpenFolder } from "./handles.ts";
import { longName } from "./long-name.ts";
import { namesPerReplyMax, reply, SftpStatus, status } from "./protocol.ts";
import { setOnPath } from "./set-attributes.ts";
import type { Handler, SftpWorld } from "./sftp-world.ts";

const folderModeUnlessSaid = 0o777;

export const statPath: Handler = async (id, fields, { paths }) => {
  const stats = await stat(paths.of(fields.path()));
  return answer(reply.attrs, id, (out) => out.attributes(stats));
};

export const statLink: Handler = async (id, fields, { paths }) => {
  const stats = await lstat(paths.of(fields.path()));
  return answer(reply.attrs, id, (out) => out.attributes(stats));
};

export const setOnPathOf: Handler = async (id, fields, { paths }) => {
  const path = paths.of(fields.path());
  await setOnPath(path, fields.attributes());
  return okAnswer(id);
};

export const openFolder: Handler = async (id, fields, { paths, handles }) => {
  const path = fields.path();
  handles.askRoom();
  // Its types know texts alone; the names that it brings are bytes.
  const folder = await opendir(paths.of(path), { encoding: "buffer" as BufferEncoding });
  const thing: OpenFolder = { kind: "folder", path, folder, extra: [".", ".."] };
  return answer(reply.handle, id, (out) => out.bytes(handles.add(thing)));
};

export const readFolder: Handler = async (id, fields, world) => {
  const thing = world.handles.folder(fields.bytes());
  const names = thing.extra.splice(0);
  while (names.length < namesPerReplyMax) {
    const entry = await thing.folder.read();
    if (entry === null) break;
    names.push((entry.name as unknown as Buffer).toString("latin1"));
  }
  if (names.length === 0) throw new SftpStatus(status.eof, "End of folder");
  const files = await Promise.all(names.map((name) => namedFile(thing.path, name, world)));
  return nameAnswer(id, files);
};

async function namedFile(folder: string, name: string, { paths, accounts }: SftpWorld): Promise<NamedFile> {
  try {
    const stats = await lstat(paths.of(`${folder}/${name}`));
    const user = (await accounts.user(stats.uid)) ?? String(stats.uid);
    const group = (await accounts.group(stats.gid)) ?? String(stats.gid);
    return { name, longName: longName(name, stats, { user, group }), stats };
  } catch {
    // It was removed meanwhile.
    return { name, longName: name, stats: null };
  }
}

export const removeFile: Handler = async (id, fields, { paths }) => {
  await unlink(paths.of(fields.path()));
  return okAnswer(id);
};

export const makeFolder: Handler = async (id, fields, { paths }) => {
  const path = paths.of(fields.path());
  await mkdir(path, { mode: fields.attributes().mode ?? folderModeUnlessSaid });
  return okAnswer(id);
};

export const removeFolder: Handler = async (id, fields, { paths }) => {
  await rmdir(paths.of(fields.path()));
  return okAnswer(id);
};

export const realPath: Handler = async (id, fields, { paths }) => named(id, await paths.real(fields.path()));

export const readLink: Handler = async (id, fields, { paths }) => {
  const target = await readlink(paths.of(fields.path()), { encoding: "buffer" });
  return named(id, target.toString("latin1"));
};

/** A name without its attributes. */
export function named(id: number, name: string): Buffer {
  return nameAnswer(id, [{ name, longName: name, stats: null }]);
}

/** As OpenSSH sends it, which is not as the draft has it: first what the link says, then the link. */
export const makeLink: Handler = async (id, fields, { paths }) => {
  const target = Buffer.from(fields.path(), "latin1");
  await symlink(target, paths.of(fields.path()));
  return okAnswer(id);
};

/** Does not replace what has the name already; that is `posix-rename`. */
export const renameStrictly: Handler = async (id, fields, { paths }) => {
  const [from, to] = [paths.of(fields.path()), paths.of(fields.path())];
  const isThere = await lstat(to).then(
    () => true,
    () => false,
  );
  if (isThere) throw new SftpStatus(status.failure, "File exists");
  if ((await lstat(from)).isFile() && (await isLinked(from, to))) await unlink(from);
  else await rename(from, to);
  return okAnswer(id);
};

/** A second name fails where the name is taken meanwhile, which `rename` would not. Not every file system has links. */
async function isLinked(from: Buffer, to: Buffer): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw error;
    return false;
  }
}

export const renameOver: Handler = async (id, fields, { paths }) => {
  const from = paths.of(fields.path());
  await rename(from, paths.of(fields.path()));
  return okAnswer(id);
};

export const hardLink: Handler = async (id, fields, { paths }) => {
  const from = paths.of(fields.path());
  await link(from, paths.of(fields.path()));
  return okAnswer(id);
};
