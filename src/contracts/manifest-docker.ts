import { type Static, Type } from "typebox";
import { parameterValueLengthMax } from "./limits.ts";

const closed = { additionalProperties: false } as const;
/** Text that may hold `${parameters.NAME}`. */
const text = Type.String({ minLength: 1, maxLength: parameterValueLengthMax });
const words = Type.Array(Type.String({ maxLength: parameterValueLengthMax }), { minItems: 1, maxItems: 256 });
/** Absolute, without anything that leads out of it. */
const absolutePath = Type.String({ pattern: "^(/[^/\\\\:\\0]+)+$", maxLength: 512 });
/** Bytes: `512MiB`, `4GiB`, `1073741824`. */
const size = Type.Union([
  Type.Integer({ minimum: 1 }),
  Type.String({ pattern: "^[1-9][0-9]*(\\.[0-9]+)?\\s*(B|KiB|MiB|GiB|TiB)?$", maxLength: 32 }),
]);
const name = Type.String({ pattern: "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", maxLength: 128 });

export const DockerVolume = Type.Object(
  {
    /** Of the workspace: each has one of this name for itself. */
    name: Type.String({ pattern: "^[a-z0-9]+(-[a-z0-9]+)*$", maxLength: 32 }),
    path: absolutePath,
    read_only: Type.Optional(Type.Boolean()),
  },
  closed,
);

export const DockerPort = Type.Object(
  {
    container: Type.Integer({ minimum: 1, maximum: 65_535 }),
    /** On the host; any free one unless said. */
    host: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    protocol: Type.Optional(Type.Union([Type.Literal("tcp"), Type.Literal("udp")])),
  },
  closed,
);

/** The section `docker` of `template.yaml`, which only the docker driver reads; explained in `docs/docker.md`. */
export const DockerSection = Type.Object(
  {
    image: text,
    /** For example `linux/amd64`; the Docker host's own unless said. */
    platform: Type.Optional(Type.String({ pattern: "^[a-z0-9]+/[a-z0-9]+(/[a-z0-9]+)?$", maxLength: 64 })),
    pull: Type.Optional(Type.Union([Type.Literal("missing"), Type.Literal("always"), Type.Literal("never")])),
    /** Run instead of the agent's bootstrap, which then is for it to run: `sh "$PREWARM_BOOTSTRAP"`. */
    entrypoint: Type.Optional(words),
    command: Type.Optional(words),
    /** `name`, `uid`, or either with `:group`; the image's unless said. */
    user: Type.Optional(Type.String({ pattern: "^[a-zA-Z0-9_.-]+(:[a-zA-Z0-9_.-]+)?$", maxLength: 128 })),
    env: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^[a-zA-Z_][a-zA-Z0-9_]*$", maxLength: 128 }),
        Type.String({ maxLength: parameterValueLengthMax }),
        { additionalProperties: false },
      ),
    ),
    /** Where the volume that survives a stop is mounted; `/home/workspace` unless said. */
    home: Type.Optional(absolutePath),
    volumes: Type.Optional(Type.Array(DockerVolume, { maxItems: 32 })),
    cpus: Type.Optional(Type.Number({ minimum: 0.01, maximum: 4096 })),
    memory: Type.Optional(size),
    /** Processes and threads; 4096 unless said. */
    pids: Type.Optional(Type.Integer({ minimum: 16, maximum: 4_194_304 })),
    /** Of the container's own layer, where Docker's storage driver can limit it. */
    disk: Type.Optional(size),
    /** Size of /dev/shm. */
    shm: Type.Optional(size),
    /** Names of networks that exist; Docker's own bridge unless said. `host` and `none` stand alone. */
    networks: Type.Optional(Type.Array(name, { minItems: 1, maxItems: 8 })),
    ports: Type.Optional(Type.Array(DockerPort, { maxItems: 64 })),
    /** Names that the container resolves by itself. */
    extra_hosts: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^[a-zA-Z0-9.-]+$" }),
        Type.String({ pattern: "^([0-9a-fA-F.:]+|host-gateway)$" }),
        {
          additionalProperties: false,
        },
      ),
    ),
    /** Nothing but the volumes, /tmp and /run can be written. */
    read_only: Type.Optional(Type.Boolean()),
    cap_add: Type.Optional(Type.Array(Type.String({ pattern: "^[A-Z_]+$", maxLength: 64 }), { maxItems: 64 })),
    privileged: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type DockerSection = Static<typeof DockerSection>;
