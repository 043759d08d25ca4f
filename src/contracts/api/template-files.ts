import { type Static, Type } from "typebox";
import { archivePathLengthMax } from "../limits.ts";
import { organizationQuery } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

export const VersionFile = Type.Object({ path: Type.String(), bytes: Type.Integer(), isExecutable: Type.Boolean() });
export type VersionFile = Static<typeof VersionFile>;

const FileDifference = Type.Object({
  path: Type.String(),
  change: Type.Enum(["added", "removed", "changed"]),
  /** Null where there is no such file. */
  bytesBefore: Type.Union([Type.Integer(), Type.Null()]),
  bytesAfter: Type.Union([Type.Integer(), Type.Null()]),
  /** A unified diff, or in one line why there is none; null where the answer would have grown too long. */
  patch: Type.Union([Type.String(), Type.Null()]),
});
export type FileDifference = Static<typeof FileDifference>;

export const manifestParts = [
  "template",
  "parameter",
  "preset",
  "pool",
  "agent",
  "app",
  "secret",
  "lifecycle",
  "driver",
] as const;
export type ManifestPart = (typeof manifestParts)[number];

const ManifestChange = Type.Object({
  part: Type.Enum(manifestParts),
  /** Empty where there is one of them only. */
  name: Type.String(),
  change: Type.Enum(["added", "removed", "changed"]),
  /** What differs within; empty when the whole is new or gone. Values as JSON, long ones cut. */
  fields: Type.Array(
    Type.Object({
      field: Type.String(),
      before: Type.Union([Type.String(), Type.Null()]),
      after: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});
export type ManifestChange = Static<typeof ManifestChange>;

const PoolEffect = Type.Object({
  preset: Type.String(),
  /** `begins`: there was none; `ends`: the version has none; `replaced`: its prebuilds are of another version. */
  effect: Type.Enum(["begins", "ends", "replaced"]),
  /** Prebuilds that a claim could take now. */
  ready: Type.Integer(),
});
export type PoolEffect = Static<typeof PoolEffect>;

export const VersionDiff = Type.Object({
  /** Null: there is nothing to compare with, so all is new. */
  against: Type.Union([Type.Object({ number: Type.Integer(), name: Type.String() }), Type.Null()]),
  version: Type.Object({ number: Type.Integer(), name: Type.String() }),
  files: Type.Array(FileDifference),
  /** Whether some files are named without their difference. */
  isCut: Type.Boolean(),
  meaning: Type.Array(ManifestChange),
  /** What a promotion would do now; empty pools and sentences for the version that is active. */
  promotion: Type.Object({ pools: Type.Array(PoolEffect), sentences: Type.Array(Type.String()) }),
});
export type VersionDiff = Static<typeof VersionDiff>;

const ofVersion = Type.Object({
  template: Type.String({ maxLength: 64 }),
  version: Type.String({ maxLength: 64 }),
});

export const templateFileRoutes = {
  getTemplateReadme: {
    method: "GET",
    path: "/api/v1/templates/:template/readme",
    tag: "templates",
    summary: "What the active version's `README.md` says; null when it has none.",
    credential: "user",
    access: "organization_member",
    params: Type.Object({ template: Type.String({ maxLength: 64 }) }),
    query: Type.Object(organizationQuery),
    response: Type.Object({ text: Type.Union([Type.String(), Type.Null()]) }),
  },
  listVersionFiles: {
    method: "GET",
    path: "/api/v1/templates/:template/versions/:version/files",
    tag: "templates",
    summary: "The files of a version with their sizes, by path.",
    credential: "user",
    access: "template_admin",
    params: ofVersion,
    query: Type.Object(organizationQuery),
    response: Type.Object({
      /** The first of them, where there are very many. */
      files: Type.Array(VersionFile),
      total: Type.Integer(),
    }),
  },
  getVersionFile: {
    method: "GET",
    path: "/api/v1/templates/:template/versions/:version/file",
    tag: "templates",
    summary: "The text of one file of a version.",
    credential: "user",
    access: "template_admin",
    params: ofVersion,
    query: Type.Object({
      ...organizationQuery,
      path: Type.String({ minLength: 1, maxLength: archivePathLengthMax }),
    }),
    response: Type.Object({
      file: VersionFile,
      /** Null of what is no text. */
      text: Type.Union([Type.String(), Type.Null()]),
      /** Whether the text is only the beginning of it. */
      isCut: Type.Boolean(),
    }),
  },
  diffVersion: {
    method: "GET",
    path: "/api/v1/templates/:template/versions/:version/diff",
    tag: "templates",
    summary: "What differs in a version's files and in their meaning, and what a promotion would do to pools.",
    credential: "user",
    access: "template_admin",
    params: ofVersion,
    query: Type.Object({
      ...organizationQuery,
      /** `active` unless said, `previous`, or a version by name, number or id. */
      against: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    }),
    response: VersionDiff,
  },
} as const satisfies Record<string, RouteDefinition>;
