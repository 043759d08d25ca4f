import type { Client } from "../../client/client.ts";
import type { Job } from "../../contracts/api/jobs.ts";
import { CodedError } from "../../contracts/errors.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { errorJson } from "../output/error-report.ts";
import type { Invocation } from "../invocation.ts";

type Filter = Readonly<Partial<Record<"template" | "initiator" | "tag", string>>>;
const filterNames = ["template", "initiator", "tag"] as const;

type CancelOptions =
  | { readonly kind: "jobs"; readonly ids: readonly string[] }
  | { readonly kind: "all_prebuilds"; readonly filter: Filter };

function readFilter(input: CommandInput): Filter {
  const tag = input.text("tag");
  if (tag !== undefined && !/^[^=]+=.*$/s.test(tag)) input.refuse(`--tag is "${tag}"; it must be key=value.`);
  return definedOnly(Object.fromEntries(filterNames.map((name) => [name, input.text(name)])));
}

function read(input: CommandInput): CancelOptions {
  const ids = input.operands(0);
  const filter = readFilter(input);
  if (input.isOn("all-prebuilds")) {
    if (ids.length > 0) input.refuse("--all-prebuilds takes no job ids.");
    return { kind: "all_prebuilds", filter };
  }
  for (const name of Object.keys(filter)) input.refuse(`--${name} is for --all-prebuilds.`);
  if (ids.length === 0) input.refuse("Name the jobs to cancel, or use --all-prebuilds.");
  return { kind: "jobs", ids };
}

/** One that cannot be cancelled must not keep the others: each is tried, and what failed is told at the end. */
async function cancelEach(client: Client, ids: readonly string[], { output }: Invocation): Promise<number> {
  const jobs: Job[] = [];
  const failures: { readonly jobId: string; readonly error: CodedError }[] = [];
  for (const jobId of ids) {
    try {
      jobs.push(await client.call("cancelJob", { params: { jobId } }));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      failures.push({ jobId, error });
    }
  }
  const failed = failures.map(({ jobId, error }) => ({ jobId, ...errorJson(error) }));
  output.result(
    { canceled: jobs.length, jobs, failed },
    () => jobs.map(({ id, status }) => `${id}  ${status}`).join("\n") || "No job was cancelled.",
  );
  if (!output.isStructured) for (const { error } of failures) output.error(error);
  return failures.length === 0 ? exitCodes.done : exitCodes.failed;
}

export const cancelJobsCommand = defineCommand<CancelOptions>({
  usage: "cancel [job...]",
  summary: "cancel jobs, or every pending prebuild job",
  notes: "A pending job ends at once, a running one is asked to stop. --all-prebuilds never touches a claim.",
  example: "prewarm jobs cancel --all-prebuilds --template node",
  options: [
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
    if (options.kind === "jobs") return cancelEach(client, options.ids, invocation);
    const answer = await client.call("cancelJobs", { body: options.filter, query: organization });
    output.result(answer, () => `${answer.canceled} pending prebuild jobs are cancelled.`);
    return exitCodes.done;
  },
});
