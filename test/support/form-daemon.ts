import type { Client } from "../../src/client/client.ts";
import type { FormAnswer, LeasedEvaluation } from "../../src/contracts/form-evaluation.ts";
import type { ManifestParameter } from "../../src/contracts/manifest-parameter.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { tarArchive } from "./tar-archive.ts";

export type Drawing = (evaluation: LeasedEvaluation) => FormAnswer | Promise<FormAnswer>;

/** A daemon that speaks HTTP: it says of which templates the forms are dynamic, and draws them as the test says. */
export interface FormDaemon {
  /** What it was asked so far, in order. */
  readonly asked: LeasedEvaluation[];
  drawAs(drawing: Drawing): void;
  /** Pushes a template of the driver `terraform` with this manifest, and ends its import. */
  push(template: string, manifest: object, hasDynamicForm: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** How long an open question is held; a test's end waits for it. */
const waitMs = 100;

export async function startFormDaemon(
  admin: Client,
  connect: (key: string) => Client,
  drawing: Drawing,
): Promise<FormDaemon> {
  const name = "drawing-board";
  const { secret } = await admin.call("createDaemonKey", { body: { name } });
  const client = connect(secret);
  const incarnation = systemRandom.uuid();
  const about = { drivers: ["terraform"], tags: {}, concurrency: 1, version: "test" };
  const { daemonId } = await client.call("registerDaemon", { body: { name, incarnation, ...about } });
  const identity = { daemonId, incarnation };
  const asked: LeasedEvaluation[] = [];
  let [draw, isStopped] = [drawing, false];

  async function work(): Promise<void> {
    while (!isStopped) {
      const { evaluation } = await client.call("leaseEvaluation", { body: { ...identity, waitMs } });
      if (evaluation === null) continue;
      asked.push(evaluation);
      const params = { evaluationId: evaluation.evaluationId };
      void Promise.resolve(draw(evaluation)).then((answer) =>
        client.call("answerEvaluation", { params, body: { ...identity, answer } }),
      );
    }
  }

  const working = work();
  return {
    asked,
    drawAs: (other) => {
      draw = other;
    },
    push: async (template, manifest, hasDynamicForm) => {
      const content = JSON.stringify({ driver: "terraform", agents: [{ name: "main" }], ...manifest });
      const bytes = new Uint8Array(tarArchive([{ path: "template.yaml", content }]));
      await admin.call("pushTemplate", { params: { template }, bytes });
      const { job } = await client.call("leaseJob", { body: { ...identity, waitMs: 5_000 } });
      if (job?.work.kind !== "import") throw new Error(`the import of ${template} is not the next job`);
      const outcome = { kind: "succeeded", claimEffect: "none", hasDynamicForm } as const;
      const { jobId, attempt } = job;
      await client.call("completeJob", { params: { jobId }, body: { attempt, outcome } });
    },
    stop: async () => {
      isStopped = true;
      await working;
    },
  };
}

const zones: Readonly<Record<string, readonly string[]>> = { eu: ["eu-1", "eu-2"], us: ["us-1"] };

export const regionParameter: ManifestParameter = {
  name: "region",
  default: "eu",
  order: -1,
  options: [...Object.keys(zones), "mars"].map((value) => ({ value })),
};

/** As a template would draw it: a zone of the region, and a budget for who is in the group `rich`. */
export function drawnByRegion({ parameters, owner }: LeasedEvaluation): FormAnswer {
  const [first, ...others] = zones[parameters["region"] ?? "eu"] ?? [];
  if (first === undefined) {
    return { kind: "failed", error: { code: "invalid_template", message: "main.tf:7: no such region." } };
  }
  const options = [first, ...others].map((value) => ({ value }));
  const zone: ManifestParameter = { name: "zone", default: first, options };
  const budget: ManifestParameter = { name: "budget", type: "number", default: 1, order: 2 };
  const isRich = (owner.groups ?? []).includes("rich");
  return { kind: "evaluated", parameters: [regionParameter, zone, ...(isRich ? [budget] : [])] };
}
