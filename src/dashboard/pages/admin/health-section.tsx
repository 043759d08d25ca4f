import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { State } from "../../components/state.tsx";
import { Time } from "../../components/time.tsx";

const lookMs = 10_000;
const tones = { ok: "ok", warning: "warn", error: "bad" } as const;

/** What `prewarm doctor` says, with what to do. */
export default function HealthSection() {
  const report = useApi("doctor", { key: keys.admin("health"), input: {}, everyMs: lookMs });
  if (report.data === undefined)
    return (
      <Unanswered query={report}>
        <Skeleton lines={8} />
      </Unanswered>
    );
  const { findings, servers, version } = report.data;
  const worstFirst = findings.toSorted((one, other) => places[one.severity] - places[other.severity]);
  return (
    <div className="grid gap-4">
      <QueryFault query={report} />
      <Card title={`Checks of version ${version}`}>
        <ul aria-label="Checks" className="grid gap-2">
          {worstFirst.map(({ check, severity, message, next }) => (
            <li key={`${check} ${message}`} className="break-words">
              <State tone={tones[severity]}>{severity}</State> <b className="font-medium">{check}</b> {message}
              {next === null ? null : <span className="block text-muted">{next}</span>}
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Servers">
        <ul className="grid gap-1">
          {servers.map((server) => (
            <li key={server.url} className="break-words">
              {server.url} · {server.version} · {server.agentsHeld} agents · heard <Time at={server.seenAt} />
            </li>
          ))}
        </ul>
      </Card>
    </div>
  );
}

const places = { error: 0, warning: 1, ok: 2 } as const;
