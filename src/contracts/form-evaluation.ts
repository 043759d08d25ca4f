import { type Static, Type } from "typebox";
import { ErrorReport } from "./api/error-response.ts";
import { Parameters } from "./api/common-schemas.ts";
import { parametersMax } from "./limits.ts";
import { Manifest } from "./manifest.ts";
import { ManifestParameter } from "./manifest-parameter.ts";
import { JobIdentity, PhaseTiming } from "./provisioner-protocol.ts";

/**
 * A form whose parameters are dynamic is a question of a server to a daemon. It is no job: nothing comes of it that would
 * have to be known, it is given out once, and whoever asked waits for it for seconds. So it has neither a lease nor a log,
 * and takes no slot of a daemon's: a form does not wait until an image is built.
 */

/** For whom, and with what. */
export const FormQuestion = Type.Object({ owner: JobIdentity, parameters: Parameters });
export type FormQuestion = Static<typeof FormQuestion>;

export const LeasedEvaluation = Type.Object({
  evaluationId: Type.String(),
  ...FormQuestion.properties,
  driver: Type.String(),
  manifest: Manifest,
  templateId: Type.String(),
  templateName: Type.String(),
  versionName: Type.String(),
  /** Hex SHA-256 of the template archive; fetch it with `getTemplateArchive`. */
  archiveHash: Type.String(),
  versionState: Type.Optional(Type.Unknown()),
  /** Values that were given at the push of the version: secret. Absent means none. */
  variables: Type.Optional(Type.Record(Type.String(), Type.String())),
  /** For so long somebody waits for the answer. */
  patienceMs: Type.Integer({ minimum: 0 }),
});
export type LeasedEvaluation = Static<typeof LeasedEvaluation>;

export const FormAnswer = Type.Union([
  Type.Object({
    kind: Type.Literal("evaluated"),
    parameters: Type.Array(ManifestParameter, { maxItems: parametersMax }),
    phases: Type.Optional(Type.Array(PhaseTiming, { maxItems: 100 })),
  }),
  Type.Object({ kind: Type.Literal("failed"), error: ErrorReport }),
]);
export type FormAnswer = Static<typeof FormAnswer>;

export const AnsweredEvaluation = Type.Object({
  daemonId: Type.String({ format: "uuid" }),
  incarnation: Type.String({ format: "uuid" }),
  answer: FormAnswer,
});
