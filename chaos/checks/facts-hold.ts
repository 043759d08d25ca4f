import type { Fact } from "../load/facts.ts";
import { defaultTtlMs } from "../load/templates.ts";
import type { CheckDeps } from "./check-deps.ts";
import type { Finding, Requirement } from "./finding.ts";

export interface WorkspaceRow {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly is_deleted: boolean;
  /** As text: PostgreSQL's bigint. */
  readonly ttl_ms: string | null;
  readonly transition: string;
  readonly status: string;
  readonly builds: number;
  readonly is_claimed: boolean;
}

const rowsText = `select w.id, w.name, u.username as owner, w.deleted_at is not null as is_deleted, w.ttl_ms,
  l.transition, coalesce(j.status, 'succeeded') as status, l.number as builds,
  coalesce(b.state = 'claimed', false) as is_claimed
from workspaces w
join users u on u.id = w.owner_id
join builds l on l.id = w.latest_build_id
left join jobs j on j.id = l.job_id
left join prebuilds b on b.workspace_id = w.id
where not u.is_system`;

/** Everything that people were told is so, and nothing that nobody asked for is there. */
export function factsHold({ database, facts, crew, requests }: CheckDeps): Requirement {
  const askedAgain = new Set<string>();
  return {
    promise: "what was acknowledged is so",
    withinMs: 60_000,
    look: async () => {
      const rows = await database.rows<WorkspaceRow>(rowsText);
      const rowOf = new Map(rows.map((row) => [row.id, row]));
      // A delete that failed with its daemon is its owner's to ask for again; once must be enough at rest.
      for (const fact of facts.all()) {
        const person = crew.people.find(({ name }) => name === fact.person);
        if (person === undefined || askedAgain.has(fact.workspaceId)) continue;
        if (!hasFailedDelete(fact, rowOf.get(fact.workspaceId))) continue;
        askedAgain.add(fact.workspaceId);
        await requests.build(person, fact, "delete");
      }
      return [
        ...facts.all().flatMap((fact) => compareFact(fact, rowOf.get(fact.workspaceId))),
        ...unknownWorkspaces(rows, { isKnown: (id) => facts.of(id) !== undefined, unanswered: facts.unanswered }),
      ];
    },
  };
}

function hasFailedDelete(fact: Fact, row: WorkspaceRow | undefined): boolean {
  return fact.wanted === "deleted" && row?.transition === "delete" && row.status === "failed" && !row.is_deleted;
}

/** What one acknowledged creation, and what was asked of it since, say against what is stored. */
export function compareFact(fact: Fact, row: WorkspaceRow | undefined): readonly Finding[] {
  const found = (what: string): Finding => ({
    about: `${fact.workspaceId} ${what}`,
    what: `${fact.person}'s workspace ${fact.name}: ${what}`,
    evidence: { fact: { ...fact }, row: row ?? null },
  });
  if (row === undefined) return fact.wanted === "deleted" ? [] : [found("it was acknowledged, and there is no row")];
  const findings: Finding[] = [];
  if (row.owner !== fact.person) findings.push(found(`it belongs to ${row.owner} (I2)`));
  if (row.is_claimed !== (fact.outcome === "claimed")) findings.push(found(`it was answered as ${fact.outcome}`));
  if (row.ttl_ms !== String(defaultTtlMs)) findings.push(found(`its TTL is ${row.ttl_ms} (I7)`));
  if (fact.maybe === null) findings.push(...compareState(fact, row).map(found));
  return findings;
}

function compareState(fact: Fact, row: WorkspaceRow): readonly string[] {
  if (fact.wanted === "deleted") return row.is_deleted ? [] : ["its delete was acknowledged, and it is not deleted"];
  if (row.is_deleted) return ["it is deleted, and nobody asked for that"];
  if (fact.wanted === "stopped") return row.transition === "stop" ? [] : [`it was stopped, and is ${row.transition}`];
  if (row.transition !== "start") return [`it is to run, and its latest build is a ${row.transition}`];
  // A build that is made for somebody may fail with its daemon, and says so; a claim has no build that could.
  const mayHaveFailed = fact.outcome === "cold" || fact.isTouched;
  return row.status === "succeeded" || mayHaveFailed ? [] : [`it was claimed, and its build is ${row.status}`];
}

/** People's workspaces of which nobody was told. A creation without an answer may have made one, and no more. */
export function unknownWorkspaces(
  rows: readonly WorkspaceRow[],
  known: { readonly isKnown: (id: string) => boolean; readonly unanswered: ReadonlySet<string> },
): readonly Finding[] {
  const byName = new Map<string, WorkspaceRow[]>();
  for (const row of rows) {
    const name = `${row.owner}/${row.name}`;
    byName.set(name, [...(byName.get(name) ?? []), row]);
  }
  return [...byName].flatMap(([name, same]) => {
    const finding = (what: string): Finding[] => [{ about: name, what: `${name}: ${what}`, evidence: same }];
    // Every name is asked for once.
    if (same.length > 1) return finding(`one creation made ${same.length} workspaces`);
    const isExplained = same.every((row) => known.isKnown(row.id)) || known.unanswered.has(name);
    return isExplained ? [] : finding("nobody was told of this workspace");
  });
}
