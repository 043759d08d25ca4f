import type { App } from "../../../contracts/api/apps.ts";
import { State } from "../../components/state.tsx";

export function Health({ app: { health } }: { readonly app: App }) {
  if (health === null) return null;
  const tone = health.health === "healthy" ? "ok" : health.health === "unhealthy" ? "bad" : "off";
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <State tone={tone}>{health.health}</State>
      {health.detail === "" ? null : <span className="text-xs text-muted">{health.detail}</span>}
    </span>
  );
}
