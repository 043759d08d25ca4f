import { Type } from "typebox";
import { nameLengthMax, pageSizeMax } from "../limits.ts";
import { namePattern } from "../manifest.ts";

export const closed = { additionalProperties: false } as const;

export const Uuid = Type.String({ pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" });
/** An instant, ISO 8601 in UTC with milliseconds. */
export const Instant = Type.String();
export const OptionalInstant = Type.Union([Instant, Type.Null()]);
export const Name = Type.String({ minLength: 1, maxLength: nameLengthMax, pattern: namePattern });
export const Parameters = Type.Record(Type.String(), Type.String());

/** The organization by name or id; the default one unless said. */
export const organizationQuery = { organization: Type.Optional(Type.String({ maxLength: 64 })) };

export const pageQuery = {
  /** Rows of a page; 50 unless said. */
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax })),
  /** Rows to pass over. */
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
};

export const Empty = Type.Object({});
export const Unknowns = Type.Record(Type.String(), Type.Unknown());
