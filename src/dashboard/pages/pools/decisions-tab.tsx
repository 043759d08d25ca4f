import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Time } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";

const pageSize = 50;

/** What the reconciler decided, each with what was different from the time before. */
export function DecisionsTab({ template, preset }: { readonly template: string; readonly preset: string }) {
  const [{ page = "1" }, change] = useUrlState();
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const query = { limit: pageSize, offset: at * pageSize };
  const found = useApi("poolDecisions", {
    key: [...keys.pool(`${template}/${preset}`), "decisions", query],
    input: { params: { template, preset }, query },
    keepsPrevious: true,
  });
  if (found.data === undefined)
    return (
      <Unanswered query={found}>
        <Skeleton lines={6} />
      </Unanswered>
    );
  const { decisions, hasMore } = found.data;
  if (decisions.length === 0) return <EmptyState title="Nothing has been decided yet." />;
  return (
    <>
      <QueryFault query={found} />
      <ol className="grid gap-3">
        {decisions.map((decision) => (
          <li
            key={decision.at}
            className="grid grid-cols-[9rem_1fr] gap-3 border-b border-line pb-3 max-sm:grid-cols-1"
          >
            <span className="text-muted">
              <Time at={decision.at} />, {decision.version}
            </span>
            <ul className="grid gap-1">
              {decision.changes.map(({ input, text }) => (
                <li key={`${input} ${text}`}>{text}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      <div className="mt-4 flex gap-2">
        {at === 0 ? null : <Button onClick={() => change({ page: String(at) })}>Newer</Button>}
        {hasMore ? <Button onClick={() => change({ page: String(at + 2) })}>Older</Button> : null}
      </div>
    </>
  );
}
