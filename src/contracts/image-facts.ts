import { type Static, Type } from "typebox";

const Short = Type.String({ maxLength: 256 });
const ShortOrNull = Type.Union([Short, Type.Null()]);
const Bytes = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);

const FolderFacts = Type.Object({
  path: Type.String({ maxLength: 4_096 }),
  /** Why nothing can be written there, in the system's word; null where a file could be made. */
  unwritable: ShortOrNull,
  /** Whether programs in it may be run: not where its file system is mounted `noexec`. */
  isExecutable: Type.Boolean(),
  /** Null: not known. */
  freeBytes: Bytes,
});
export type FolderFacts = Static<typeof FolderFacts>;

/**
 * What an agent sees of the machine that it runs on, as far as editors depend on it. Found by the agent itself, without
 * running anything, so that it is the same in an image that has no shell. What follows from it is said by the server.
 */
export const ImageFacts = Type.Object({
  /** Of the image, whatever the agent itself leans on. */
  libc: Type.Union([Type.Literal("glibc"), Type.Literal("musl"), Type.Literal("none")]),
  /** `2.36`; null where it cannot be told. */
  libcVersion: ShortOrNull,
  /** The newest version that the library has of its symbols: `3.4.30`; null where there is no libstdc++. */
  libstdcxx: ShortOrNull,
  /** Of those that editors run and people miss, the ones that the workspace's commands find. */
  programs: Type.Array(Short, { maxItems: 32 }),
  /** A file of certificates where programs look for it. */
  hasCertificates: Type.Boolean(),
  home: FolderFacts,
  temporary: FolderFacts,
  /** Where sessions start. */
  folder: Type.String({ maxLength: 4_096 }),
  /** What the workspace may use: the least of the machine's and of all its control groups'. */
  memoryBytes: Bytes,
  /** Why the agent has no terminals to give; null where it has. */
  terminalProblem: Type.Union([Type.String({ maxLength: 1_024 }), Type.Null()]),
  uid: Type.Union([Type.Integer(), Type.Null()]),
});
export type ImageFacts = Static<typeof ImageFacts>;
