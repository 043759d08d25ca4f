import { CodedError } from "../../../contracts/errors.ts";
import type { EngineClient } from "./engine-client.ts";
import { EngineError } from "./engine-error.ts";
import { jsonLines } from "./engine-stream.ts";
import { imageReference, registryHeaders } from "./registry-auth.ts";

export interface PullOptions {
  readonly engine: EngineClient;
  readonly image: string;
  readonly policy: "missing" | "always" | "never";
  readonly platform?: string | undefined;
  readonly authFile: string;
  readonly abort: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** Between two lines about how far the layers are. */
const progressEveryMs = 2_000;

/** Has the image on the Docker host. Errors: `build_failed` when it cannot be had, `transient`, `capacity`. */
export async function pullImage(options: PullOptions): Promise<void> {
  const { engine, image, policy, abort, onLine } = options;
  const isHere = policy === "always" ? false : await hasImage(options);
  if (isHere) return;
  if (policy === "never") {
    throw new CodedError("build_failed", `The image ${image} is not on the Docker host, and docker.pull is "never".`, {
      next: "Load it there, or let the template pull it.",
    });
  }
  const { name, tag } = imageReference(image);
  onLine(`pulling ${image}`);
  const answer = await engine.open({
    method: "POST",
    path: "/images/create",
    query: { fromImage: name, tag, platform: options.platform },
    headers: await registryHeaders(image, options.authFile),
    abort,
  });
  const progress = new PullProgress();
  let saidAtMs = performance.now();
  for await (const entry of jsonLines(answer)) {
    if (typeof entry["error"] === "string") throw new EngineError(400, `${image} cannot be pulled: ${entry["error"]}`);
    const line = progress.take(entry);
    const isDue = performance.now() - saidAtMs >= progressEveryMs;
    if (line !== null) onLine(line);
    else if (isDue) onLine(progress.summary());
    if (isDue) saidAtMs = performance.now();
  }
}

async function hasImage({ engine, image, platform, abort }: PullOptions): Promise<boolean> {
  interface Image {
    readonly Os?: string;
    readonly Architecture?: string;
    readonly Variant?: string;
  }
  const found = await engine.find<Image>({ method: "GET", path: `/images/${image}/json`, abort });
  if (found === null) return false;
  const own = [found.Os, found.Architecture, ...(found.Variant === undefined ? [] : [found.Variant])].join("/");
  return platform === undefined || own === platform || own.startsWith(`${platform}/`);
}

/** Turns the engine's many words about each layer into few. */
class PullProgress {
  readonly #layers = new Map<string, { doneBytes: number; allBytes: number; isDone: boolean }>();

  /** A line that is worth saying at once, or null. */
  take(entry: Readonly<Record<string, unknown>>): string | null {
    const { status, id } = entry;
    if (typeof status !== "string") return null;
    if (typeof id !== "string" || status.startsWith("Pulling from")) return status === "" ? null : status;
    const detail = entry["progressDetail"];
    const layer = this.#layers.get(id) ?? { doneBytes: 0, allBytes: 0, isDone: false };
    this.#layers.set(id, layer);
    if (status === "Downloading" && typeof detail === "object" && detail !== null) {
      if ("current" in detail) layer.doneBytes = Number(detail.current);
      if ("total" in detail) layer.allBytes = Number(detail.total);
    }
    if (/^(Pull complete|Already exists)$/.test(status)) layer.isDone = true;
    return null;
  }

  summary(): string {
    const layers = [...this.#layers.values()];
    const mebibytes = (pick: "doneBytes" | "allBytes"): string =>
      (layers.reduce((sum, layer) => sum + layer[pick], 0) / 1_048_576).toFixed(1);
    const done = layers.filter(({ isDone }) => isDone).length;
    return `${done} of ${layers.length} layers, ${mebibytes("doneBytes")} of ${mebibytes("allBytes")} MiB of those begun`;
  }
}
