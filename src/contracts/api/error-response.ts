import { type Static, Type } from "typebox";

export const ProblemSchema = Type.Object({
  field: Type.String(),
  reason: Type.String(),
  file: Type.Optional(Type.String()),
  line: Type.Optional(Type.Integer()),
  column: Type.Optional(Type.Integer()),
});

/** A coded error on the wire. `code` is one of `docs/errors.md`. */
export const ErrorReport = Type.Object({
  code: Type.String(),
  message: Type.String(),
  next: Type.Optional(Type.String()),
  problems: Type.Optional(Type.Array(ProblemSchema)),
  details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
export type ErrorReport = Static<typeof ErrorReport>;

/** Body of every answer with a status of 400 or more. */
export const ErrorResponse = Type.Object({ error: ErrorReport, requestId: Type.Optional(Type.String()) });
export type ErrorResponse = Static<typeof ErrorResponse>;
