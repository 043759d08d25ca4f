// Forms on their way to a daemon and back, in the database.
import { expect, it } from "vitest";
import { answerEvaluation, leaseEvaluation } from "../../src/app/provisioner/evaluations.ts";
import type { FormAnswer, LeasedEvaluation } from "../../src/contracts/form-evaluation.ts";
import type { EvaluationId } from "../../src/contracts/ids.ts";
import { formEvaluationMsMax } from "../../src/contracts/limits.ts";
import { askEvaluation, readEvaluation } from "../../src/db/templates/form-evaluations.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { type LeasingDaemon, registerDaemon } from "../support/leasing-daemon.ts";
import { publishTemplate } from "../support/templates.ts";

const never = new AbortController().signal;
const drawn: FormAnswer = { kind: "evaluated", parameters: [{ name: "region" }] };

async function asked(fx: Fixture, tags: Readonly<Record<string, string>> = {}): Promise<EvaluationId> {
  const { versionId } = await publishTemplate(fx, { presets: {}, tags: { ...tags } });
  const id = systemRandom.uuid() as EvaluationId;
  const now = fx.clock.now();
  const owner = { id: fx.alice.userId, username: "alice", name: "Alice", email: "", groups: ["everyone"] };
  const question = { owner, parameters: { region: "eu" } };
  await askEvaluation(fx.context.db, {
    id,
    versionId,
    question,
    now,
    expiresAt: new Date(now.getTime() + formEvaluationMsMax),
  });
  return id;
}

const taken = ({ context }: Fixture, { id: daemonId, incarnation }: LeasingDaemon, gone: AbortSignal = never) =>
  leaseEvaluation(context, { daemonId, incarnation, waitMs: 0 }, gone);
const answered = ({ context }: Fixture, { id: daemonId, incarnation }: LeasingDaemon, of: EvaluationId) =>
  answerEvaluation(context, { daemonId, incarnation, evaluationId: of, answer: drawn });

it("a form is given to one daemon that has its driver and tags, once, with what it is about", async () => {
  const fx = await testFixture();
  const id = await asked(fx, { zone: "north" });
  const other = await registerDaemon(fx, { name: "south", tags: { zone: "south" } });
  const strange = await registerDaemon(fx, { name: "strange", tags: { zone: "north" }, drivers: ["process"] });
  const right = await registerDaemon(fx, { name: "north", tags: { zone: "north" } });
  expect([await taken(fx, other), await taken(fx, strange)]).toEqual([null, null]);
  const [one, two] = await Promise.all([taken(fx, right), taken(fx, right)]);
  expect([one, two].filter((each): each is LeasedEvaluation => each !== null)).toMatchObject([
    { evaluationId: id, parameters: { region: "eu" }, owner: { username: "alice" }, patienceMs: formEvaluationMsMax },
  ]);
});

it("an answer counts once, of the daemon that was given the form, and not after nobody waits", async () => {
  const fx = await testFixture();
  const id = await asked(fx);
  const [daemon, other] = [await registerDaemon(fx), await registerDaemon(fx, { name: "host-2" })];
  await taken(fx, daemon);
  await expect(answered(fx, other, id)).rejects.toMatchObject({ code: "lease_lost" });
  await answered(fx, daemon, id);
  expect(await readEvaluation(fx.context.db, id)).toEqual({ answer: drawn, daemon: "host-1" });
  await expect(answered(fx, daemon, id)).rejects.toMatchObject({ code: "lease_lost" });
});

it("a form is given to nobody after whoever asked has stopped waiting", async () => {
  const fx = await testFixture();
  await asked(fx);
  fx.clock.advance(formEvaluationMsMax);
  expect(await taken(fx, await registerDaemon(fx))).toBeNull();
});

it("a form goes to another daemon when the first hangs up as it is given to it", async () => {
  const fx = await testFixture();
  const id = await asked(fx);
  const [daemon, other] = [await registerDaemon(fx), await registerDaemon(fx, { name: "host-2" })];
  expect(await taken(fx, daemon, AbortSignal.abort())).toBeNull();
  expect(await taken(fx, other)).toMatchObject({ evaluationId: id });
});
