import { type Static, Type } from "typebox";
import { parameterValueLengthMax, poolInstancesMax } from "../limits.ts";
import { closed } from "./common-schemas.ts";

/** How many schedules a pool may have. */
const schedulesMax = 64;

/** A pool that is set beside a template. What is left out of a preset that has a pool already stays as it is. */
export const SetPool = Type.Object(
  {
    instances: Type.Integer({ minimum: 0, maximum: poolInstancesMax }),
    /** Seconds until a prebuild is too old; 0: never. */
    ttlSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 31_536_000 })),
    timezone: Type.Optional(Type.String({ maxLength: 64 })),
    schedules: Type.Optional(
      Type.Array(
        Type.Object(
          {
            cron: Type.String({ maxLength: 256 }),
            instances: Type.Integer({ minimum: 0, maximum: poolInstancesMax }),
          },
          closed,
        ),
        { maxItems: schedulesMax },
      ),
    ),
    /** Of a preset that the template does not have: its values. */
    parameters: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: parameterValueLengthMax }))),
  },
  closed,
);
export type SetPool = Static<typeof SetPool>;
