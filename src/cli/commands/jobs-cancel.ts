import type { Client } from "../../client/client.ts";
import type { Job } from "../../contracts/api/jobs.ts";
import { CodedError } from "../../contracts/errors.ts";
import { isJobFinished } from "../../contracts/states.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import { errorJson } from "../output/error-report.ts";
import type { Invocation } from "../invocation.ts";

interface Named {
  readonly kind: "job" | "workspace";
  readonly name: string;
}

const idShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type Filter = Readonly<Partial<Record<"template" | "initiator" | "tag", string>>>;
const filterNames = ["template", "initiator", "tag"] as const;

type CancelOptions =
  /** Each a job's id, or a workspace whose latest build is meant. */
  | { readonly kind: "jobs"; readonly named: readonly Named[] }
  | { readonly kind: "all_prebuilds"; readonly filter: Filter };

function readFilter(input: CommandInput): Filter {
  const tag = input.text("tag");
  if (tag !== undefined && !/^[^=]+=.*$/s.test(tag)) input.refuse(`--tag is "${tag}"; it must be key=value.`);
  return definedOnly(Object.fromEntries(filterNames.map((name) => [name, input.text(name)])));
}

function read(input: CommandInput): CancelOptions {
  const words = input.operands(0);
  const workspaces = input.words("workspace");
  const filter = readFilter(input);
  if (input.isOn("all-prebuilds")) {
    if (words.length + workspaces.length > 0) input.refuse("--all-prebuilds takes neither jobs nor workspaces.");
    return { kind: "all_prebuilds", filter };
  }
  for (const name of Object.keys(filter)) input.refuse(`--${name} is for --all-prebuilds.`);
  const named: Named[] = [
    // An id is a job's. A workspace that has one for its name is given with --workspace.
    ...words.map((name): Named => ({ kind: idShape.test(name) ? "job" : "workspace", name })),
    ...workspaces.map((name): Named => ({ kind: "workspace", name })),
  ];
  if (named.length === 0) input.refuse("Name the jobs or workspaces to cancel, or use --all-prebuilds.");
  return { kind: "jobs", named };
}

/** The job that builds, stops or deletes the workspace now. Errors: `conflict` when there is none. */
async function jobOf(client: Client, { kind, name }: Named, invocation: Invocation): Promise<string> {
  if (kind === "job") return name;
  const { latestBuild, status } = await findWorkspace(client, name, invocation);
  if (latestBuild.jobId !== null && !isJobFinished(latestBuild.status)) return latestBuild.jobId;
  throw new CodedError("conflict", `Nothing of the workspace "${name}" waits or runs: it is ${status}.`, {
    next: "`prewarm jobs list` shows what does.",
  });
}

/** One that cannot be cancelled must not keep the others: each is tried, and what failed is told at the end. */
async function cancelEach(client: Client, named: readonly Named[], invocation: Invocation): Promise<number> {
  const { output } = invocation;
  const jobs: Job[] = [];
  const failures: { readonly name: string; readonly error: CodedError }[] = [];
  for (const one of named) {
    try {
      const jobId = await jobOf(client, one, invocation);
      jobs.push(await client.call("cancelJob", { params: { jobId } }));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      failures.push({ name: one.name, error });
    }
  }
  const failed = failures.map(({ name, error }) => ({ jobId: name, ...errorJson(error) }));
  output.result(
    { canceled: jobs.length, jobs, failed },
    () => jobs.map(({ id, status }) => `${id}  ${status}`).join("\n") || "No job was cancelled.",
  );
  if (!output.isStructured) for (const { error } of failures) output.error(error);
  return failures.length === 0 ? exitCodes.done : exitCodes.failed;
}

export const cancelJobsCommand = defineCommand<CancelOptions>({
  usage: "cancel [job...]",
  summary: "cancel jobs by id or by workspace, or every pending prebuild job",
  notes:
    "What is no id is a workspace, whose latest build is cancelled: `prewarm jobs cancel dev`. A pending job ends at once, " +
    "a running one is asked to stop. --all-prebuilds never touches a claim.",
  example: "prewarm jobs cancel --all-prebuilds --template node",
  options: [
    { flags: "--workspace <name>", about: "what builds this workspace; may be repeated", isRepeatable: true },
    { flags: "--all-prebuilds", about: "every pending job of the pools" },
    { flags: "--template <name>", about: "with --all-prebuilds: of this template only" },
    { flags: "--initiator <username>", about: "with --all-prebuilds: begun by; `prebuilds` for the pools' own" },
    { flags: "--tag <key=value>", about: "with --all-prebuilds: that carry this tag" },
  ],
  isOrganizational: true,
  read,
  async run(options, invocation) {
    const { output, connect, organization } = invocation;
    const client = await connect();
    if (options.kind === "jobs") return cancelEach(client, options.named, invocation);
    const answer = await client.call("cancelJobs", { body: options.filter, query: organization });
    output.result(answer, () => `${answer.canceled} pending prebuild jobs are cancelled.`);
    return exitCodes.done;
  },
});
