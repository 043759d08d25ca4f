import { statfs } from "node:fs/promises";
import { answer, okAnswer } from "./answers.ts";
import { FieldReader, FieldWriter } from "./fields.ts";
import { copyData } from "./file-requests.ts";
import { hardLink, named, renameOver } from "./path-requests.ts";
import { dataBytesMax, handlesMax, packetBytesMax, reply, SftpStatus, status } from "./protocol.ts";
import { setOnLink } from "./set-attributes.ts";
import type { Handler } from "./sftp-world.ts";

interface Extension {
  readonly version: string;
  readonly handle: Handler;
  /** See `SftpSession`. */
  readonly isShared?: boolean;
}

const nameBytesMax = 255;
const idBytes = 4;

function spaceAnswer(id: number, space: Awaited<ReturnType<typeof statfs>>): Buffer {
  return answer(reply.extended, id, (out) => {
    out.u64(space.bsize).u64(space.bsize).u64(space.blocks).u64(space.bfree).u64(space.bavail);
    // Node tells neither the file system's number nor how it was mounted.
    out.u64(space.files).u64(space.ffree).u64(space.ffree).u64(0).u64(0).u64(nameBytesMax);
  });
}

const usersAndGroups: Handler = async (id, fields, { accounts }) => {
  const namesOf = async (packed: Buffer, name: (id: number) => Promise<string | undefined>): Promise<Buffer> => {
    const ids = new FieldReader(packed);
    const out = new FieldWriter();
    // A name that is not known is told as an empty one.
    for (let at = 0; at < packed.length; at += idBytes) out.text((await name(ids.u32())) ?? "");
    return out.whole;
  };
  const users = await namesOf(fields.bytes(), (user) => accounts.user(user));
  const groups = await namesOf(fields.bytes(), (group) => accounts.group(group));
  return answer(reply.extended, id, (out) => out.bytes(users).bytes(groups));
};

/** What version 3 does not have, and OpenSSH's and other clients ask for. Each is told at the beginning. */
export const extensions: Readonly<Record<string, Extension>> = {
  "posix-rename@openssh.com": { version: "1", handle: renameOver },
  "hardlink@openssh.com": { version: "1", handle: hardLink },
  "fsync@openssh.com": {
    version: "1",
    handle: async (id, fields, { handles }) => {
      await handles.file(fields.bytes()).sync();
      return okAnswer(id);
    },
  },
  "statvfs@openssh.com": {
    version: "2",
    isShared: true,
    handle: async (id, fields, { paths }) => spaceAnswer(id, await statfs(paths.of(fields.path()))),
  },
  "fstatvfs@openssh.com": {
    version: "2",
    isShared: true,
    handle: async (id, fields, { handles }) => {
      const { fd } = handles.file(fields.bytes());
      return spaceAnswer(id, await statfs(`/proc/self/fd/${fd}`));
    },
  },
  "lsetstat@openssh.com": {
    version: "1",
    handle: async (id, fields, { paths }) => {
      const path = paths.of(fields.path());
      await setOnLink(path, fields.attributes());
      return okAnswer(id);
    },
  },
  "limits@openssh.com": {
    version: "1",
    isShared: true,
    handle: async (id) =>
      answer(reply.extended, id, (out) => out.u64(packetBytesMax).u64(dataBytesMax).u64(dataBytesMax).u64(handlesMax)),
  },
  "expand-path@openssh.com": {
    version: "1",
    isShared: true,
    handle: async (id, fields, { paths }) => {
      const path = fields.path();
      if (/^~[^/]/.test(path)) throw new SftpStatus(status.noSuchFile, "No homes but one's own are known.");
      return named(id, await paths.expanded(path));
    },
  },
  "copy-data": {
    version: "1",
    handle: async (id, fields, { handles }) => {
      await copyData(fields, (handle) => handles.file(handle));
      return okAnswer(id);
    },
  },
  "users-groups-by-id@openssh.com": { version: "1", isShared: true, handle: usersAndGroups },
};
