import type { CreatedWorkspace, Workspace } from "../../src/contracts/api/workspaces.ts";
import type { Random } from "../../src/platform/random.ts";
import { sleep } from "../../src/platform/sleep.ts";
import type { EventLog } from "../output/event-log.ts";
import type { Mode, PlannedRequest } from "../plan/load-plan.ts";
import type { Fact, Facts, Wanted } from "./facts.ts";
import { isWorthRetrying, type Outcome, outcomeOf, type Tally } from "./outcomes.ts";
import type { Crew, Person } from "./people.ts";
import { runCommand } from "./run-command.ts";
import { handOverFile, packTemplate, templates } from "./templates.ts";

const triesMax = 5;
const retryMs = 700;
const waitMs = 6_000;
const commandLimitMs = 15_000;
const livingMax = 3;
const pauseMs = 3_000;

export interface LoadDeps {
  readonly crew: Crew;
  readonly facts: Facts;
  readonly log: EventLog;
  readonly tally: Tally;
  readonly random: Random;
  /** Where the templates' sources are written. */
  readonly folder: string;
  readonly isCalm: () => boolean;
}

type Answer<Value> =
  | { readonly outcome: "ok"; readonly value: Value }
  | { readonly outcome: Exclude<Outcome, "ok">; readonly code: string };

/** Makes the requests of people, and keeps what they were told. */
export class Requests {
  readonly #deps: LoadDeps;
  readonly #open = new Set<Promise<void>>();
  #edition = 0;
  #number = 0;

  constructor(deps: LoadDeps) {
    this.#deps = deps;
  }

  /** Begins a request and does not wait for it. */
  begin(planned: PlannedRequest): void {
    const person = this.#deps.crew.people.find(({ name }) => name === planned.person);
    if (person === undefined) return;
    const work = this.#make(planned, person).catch((error: unknown) => {
      this.#deps.log.violation("chaos itself", planned.kind, { what: String(error), evidence: planned });
    });
    this.#open.add(work);
    void work.finally(() => this.#open.delete(work));
  }

  get open(): number {
    return this.#open.size;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#open);
  }

  async #make(planned: PlannedRequest, person: Person): Promise<void> {
    const { facts } = this.#deps;
    switch (planned.kind) {
      case "create":
        // So many as the machine carries: beyond it, one goes.
        if (facts.countLiving(person.name) < livingMax) return await this.create(person, planned);
        return await this.#build(person, planned, "delete");
      case "delete":
      case "stop":
      case "start":
        return await this.#build(person, planned, planned.kind);
      case "exec":
        return await this.#exec(person, planned);
      case "list":
        return void (await this.#once("list", () => person.client.call("listWorkspaces", {})));
      case "publish":
        return await this.#publish(planned);
      case "pause":
        return await this.#pause();
      case "invalidate":
        return await this.#invalidate(planned);
      case "burst":
        return await this.#burst(planned);
      case "race":
        await Promise.all([this.#publish(planned), this.#burst(planned)]);
    }
  }

  /** Creates a workspace as a good client does: with a key, and again with the same key until there is an answer. */
  async create(person: Person, wish: { readonly pick: number; readonly mode: Mode; readonly isRepeated: boolean }) {
    const { facts, log, random } = this.#deps;
    const template = templates[Math.floor(wish.pick * templates.length)] ?? templates[0];
    const presets = Object.keys(template?.presets ?? {});
    const preset = presets[Math.floor(wish.pick * 97) % presets.length] ?? "small";
    this.#number += 1;
    const name = `w-${this.#number}`;
    const key = `${person.name}-${name}-${random.base32(8)}`;
    const body = { name, template: template?.name ?? "", preset, mode: wish.mode, waitMs, idempotencyKey: key };
    const kind = `create ${wish.mode}`;
    const send = (): Promise<CreatedWorkspace> => person.client.call("createWorkspace", { body });
    const answer = await this.#insist(kind, send);
    if (answer.outcome !== "ok") {
      if (isWorthRetrying(answer.outcome)) facts.unanswered.add(`${person.name}/${name}`);
      // Nobody else has the name: it was taken by an attempt of this very request, which its key should have told.
      if (answer.outcome === "refused" && ["name_taken", "idempotency_key_reused"].includes(answer.code)) {
        log.violation("one key, one workspace", key, {
          what: `a creation that was sent again was refused: ${answer.code}`,
          evidence: body,
        });
      }
      return;
    }
    const { workspace, outcome } = answer.value;
    log.write("created", { person: person.name, name, key, outcome, workspaceId: workspace.id });
    facts.add({
      workspaceId: workspace.id,
      person: person.name,
      name,
      key,
      outcome,
      createdAtMs: log.elapsedMs,
      wanted: "running",
      maybe: null,
      isTouched: false,
      isBusy: false,
    });
    this.#expectOwner(person, workspace);
    await this.#readBack(person, workspace.id);
    if (wish.isRepeated) await this.#repeat(person, { key, workspaceId: workspace.id, send });
  }

  #expectOwner(person: Person, workspace: Workspace): void {
    if (workspace.owner === person.name && !workspace.isPrebuild) return;
    this.#deps.log.violation("I2", workspace.id, {
      what: `${person.name} was answered a workspace of ${workspace.owner}`,
      evidence: workspace,
    });
  }

  /** Who has been told of a workspace finds it, whichever server he asks. */
  async #readBack(person: Person, workspaceId: string): Promise<void> {
    const read = (): Promise<Workspace> => person.client.call("getWorkspace", { params: { workspace: workspaceId } });
    const answer = await this.#once("read back", read);
    if (answer.outcome === "ok") return this.#expectOwner(person, answer.value);
    if (answer.outcome !== "refused") return;
    this.#deps.log.violation("read your writes", workspaceId, {
      what: `a workspace that was just created is refused to its owner: ${answer.code}`,
      evidence: { person: person.name, workspaceId },
    });
  }

  async #repeat(
    person: Person,
    given: { key: string; workspaceId: string; send: () => Promise<CreatedWorkspace> },
  ): Promise<void> {
    const answer = await this.#insist("create again", given.send);
    if (answer.outcome !== "ok" || answer.value.workspace.id === given.workspaceId) return;
    this.#deps.log.violation("one key, one workspace", given.key, {
      what: `one key gave ${person.name} two workspaces`,
      evidence: { first: given.workspaceId, second: answer.value.workspace.id, key: given.key },
    });
  }

  async #build(person: Person, planned: PlannedRequest, transition: "start" | "stop" | "delete"): Promise<void> {
    const from: Readonly<Record<typeof transition, readonly Wanted[]>> = {
      start: ["stopped"],
      stop: ["running"],
      delete: ["running", "stopped"],
    };
    const choice = this.#deps.facts.choice(person.name, from[transition]);
    const fact = choice[Math.floor(planned.pick * choice.length)];
    if (fact === undefined) return;
    await this.build(person, fact, transition);
  }

  async build(person: Person, fact: Fact, transition: "start" | "stop" | "delete"): Promise<void> {
    const wanted = { start: "running", stop: "stopped", delete: "deleted" } as const;
    fact.isBusy = true;
    try {
      const params = { workspace: fact.workspaceId };
      const answer = await this.#once(transition, () =>
        person.client.call("createBuild", { params, body: { transition } }),
      );
      const { workspaceId } = fact;
      this.#deps.log.write("build", { person: person.name, workspaceId, transition, outcome: answer.outcome });
      if (answer.outcome === "ok") {
        fact.wanted = wanted[transition];
        fact.maybe = null;
        fact.isTouched = true;
      } else if (isWorthRetrying(answer.outcome)) {
        fact.maybe = wanted[transition];
        fact.isTouched = true;
      } else if (answer.code === "not_found" || answer.code === "forbidden") {
        this.#deps.log.violation("an acknowledged creation exists", workspaceId, {
          what: `${transition} of ${person.name}'s workspace ${fact.name} is refused: ${answer.code}`,
          evidence: { ...fact },
        });
      }
    } finally {
      fact.isBusy = false;
    }
  }

  async #exec(person: Person, planned: PlannedRequest): Promise<void> {
    const choice = this.#deps.facts.choice(person.name, ["running"]);
    const fact = choice[Math.floor(planned.pick * choice.length)];
    if (fact === undefined) return;
    person.watcher.watch(fact.workspaceId);
    await this.exec(person, fact);
  }

  /** Runs a command that says whose the workspace is. @returns whether it ran */
  async exec(person: Person, fact: Fact): Promise<boolean> {
    const script = `echo "owner=$PREWARM_OWNER"; cat "$HOME/${handOverFile}"`;
    const run = () => runCommand(person.client, fact.workspaceId, ["sh", "-c", script], commandLimitMs);
    const answer = await this.#once("exec", run);
    if (answer.outcome !== "ok") {
      const { workspaceId } = fact;
      this.#deps.log.write("exec", { person: person.name, workspaceId, outcome: answer.outcome, code: answer.code });
      return false;
    }
    const { output, exitCode } = answer.value;
    if (!output.includes(`owner=${person.name}\n`)) {
      this.#deps.log.violation("a command runs as its owner", fact.workspaceId, {
        what: `a command of ${person.name} ran as somebody else, or nobody`,
        evidence: { output, exitCode },
      });
    }
    return exitCode === 0;
  }

  async #burst({ pick }: PlannedRequest): Promise<void> {
    const wish = { pick, mode: "warm_only", isRepeated: false } as const;
    const { people } = this.#deps.crew;
    await Promise.all([...people, ...people].map(async (person) => await this.create(person, wish)));
  }

  async #publish(planned: PlannedRequest): Promise<void> {
    const template = templates[Math.floor(planned.pick * templates.length)];
    if (template === undefined) return;
    this.#edition += 1;
    const bytes = await packTemplate(this.#deps.folder, template, this.#edition);
    const params = { template: template.name };
    await this.#once("publish", () => this.#deps.crew.admin.call("pushTemplate", { params, bytes }));
  }

  async #pause(): Promise<void> {
    const { admin } = this.#deps.crew;
    await this.#once("pause", () => admin.call("pausePrebuilds", {}));
    await sleep(pauseMs);
    await this.resume();
  }

  /** Must be heard in the end, or nothing is ever filled again: that would be our own doing. */
  async resume(): Promise<void> {
    await this.#insist("resume", () => this.#deps.crew.admin.call("resumePrebuilds", {}));
  }

  async #invalidate(planned: PlannedRequest): Promise<void> {
    const template = templates[Math.floor(planned.pick * templates.length)]?.name ?? "";
    await this.#once("invalidate", () =>
      this.#deps.crew.admin.call("invalidatePrebuilds", { body: { template, preset: "small" } }),
    );
  }

  async #insist<Value>(kind: string, send: () => Promise<Value>): Promise<Answer<Value>> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#once(attempt === 1 ? kind : `${kind}, again`, send);
      if (answer.outcome === "ok" || !isWorthRetrying(answer.outcome) || attempt === triesMax) return answer;
      await sleep(retryMs * attempt);
    }
  }

  async #once<Value>(kind: string, send: () => Promise<Value>): Promise<Answer<Value>> {
    const { log, tally, isCalm } = this.#deps;
    const wasCalm = isCalm();
    const begunMs = performance.now();
    const answer = await send().then(
      (value): Answer<Value> => ({ outcome: "ok", value }),
      (error: unknown): Answer<Value> => {
        const { outcome, code } = outcomeOf(error);
        return outcome === "ok" ? { outcome: "fault", code } : { outcome, code };
      },
    );
    const ms = Math.round((performance.now() - begunMs) * 10) / 10;
    if (answer.outcome === "fault") {
      log.violation("no answer is a fault of the server", `${kind} ${answer.code}`, {
        what: `${kind} was answered: ${answer.code}`,
        evidence: answer,
      });
    }
    tally.add({ kind, outcome: answer.outcome, ms, isCalm: wasCalm && isCalm() });
    log.write("request", { kind, outcome: answer.outcome, ms, ...("code" in answer ? { code: answer.code } : {}) });
    return answer;
  }
}
