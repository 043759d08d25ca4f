import type { AgentMetadataItemView } from "../../../contracts/api/agent-metadata.ts";
import type { WorkspaceAgent } from "../../../contracts/api/workspaces.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { QueryFault } from "../../components/query-fault.tsx";
import { State } from "../../components/state.tsx";
import { useServerNow } from "../../components/time.tsx";
import { absoluteTime } from "../../components/time-words.ts";
import { ageWords, shortValue } from "./metadata-words.ts";

interface AgentMetadataProps {
  readonly workspaceId: string;
  /** One that is connected: of another nothing is known. */
  readonly agent: WorkspaceAgent;
}

/** What an agent finds by the scripts of its metadata, as it finds it; nothing where it has none. */
export function AgentMetadata({ workspaceId, agent: { name } }: AgentMetadataProps) {
  const params = { workspace: workspaceId, agent: name };
  const found = useApi("getAgentMetadata", { key: keys.metadata(workspaceId, name), input: { params } });
  const { state, items } = found.data ?? { state: "untold", items: [] };
  return (
    <>
      <QueryFault query={found} />
      {state === "left_out" ? (
        <p className="text-xs text-muted">
          Its metadata is left out: its server keeps that of as many agents as it may.
        </p>
      ) : null}
      {items.length === 0 ? null : <Items agent={name} items={items} />}
    </>
  );
}

function Items({ agent, items }: { readonly agent: string; readonly items: readonly AgentMetadataItemView[] }) {
  const now = useServerNow(1_000);
  return (
    <table className="mt-2 w-full text-left">
      <caption className="sr-only">What {agent} finds</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">Item</th>
          <th scope="col">Value</th>
          <th scope="col">Found</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.key} className="align-baseline">
            <th scope="row" className="min-w-28 py-0.5 pr-4 font-normal text-muted wrap-anywhere">
              {item.name}
            </th>
            <td className="w-full py-0.5 pr-4">
              <Value item={item} />
            </td>
            <td className="py-0.5 text-xs whitespace-nowrap text-muted">
              <Age item={item} now={now} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Of a script that has failed, what it printed is shown as well: it may say why. */
function Value({ item: { value, error } }: { readonly item: AgentMetadataItemView }) {
  return (
    <div className="grid gap-1 wrap-anywhere">
      {value === "" ? null : <Text value={value} />}
      {error === "" ? null : (
        <span className="inline-flex flex-wrap items-center gap-2">
          <State tone="bad">failed</State>
          <span className="text-xs text-bad">{error}</span>
        </span>
      )}
    </div>
  );
}

function Text({ value }: { readonly value: string }) {
  const { text, isCut } = shortValue(value);
  if (!isCut) return <span>{text}</span>;
  return (
    <details>
      <summary className="cursor-pointer">{text}</summary>
      <pre className="mt-1 max-h-64 overflow-auto text-xs whitespace-pre-wrap">{value}</pre>
    </details>
  );
}

function Age({ item, now }: { readonly item: AgentMetadataItemView; readonly now: number }) {
  const words = ageWords(item, now);
  if (item.collectedAt === null) return words;
  return (
    <time dateTime={item.collectedAt} title={absoluteTime(Date.parse(item.collectedAt))}>
      {words}
    </time>
  );
}
