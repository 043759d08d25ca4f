import { auditActions, auditTargetKinds } from "../../src/contracts/audit-actions.ts";
import { routes } from "../../src/contracts/api/routes.ts";
import type { RouteDefinition } from "../../src/contracts/api/route.ts";
import { auditEntriesLookedMax } from "../../src/contracts/limits.ts";
import { errorRegistry } from "../../src/contracts/errors.ts";
import { describeSections } from "../../src/platform/config/describe-config.ts";
import { liveServerConfig } from "../../src/platform/config/live-options.ts";
import { loadConfig } from "../../src/platform/config/load-config.ts";
import { serverOptions } from "../../src/platform/config/server-options.ts";
import {
  fullMetricName,
  type MetricDefinition,
  type MetricName,
  metricDefinitions,
} from "../../src/platform/metrics/metric-definitions.ts";
import { generatedNote, markdownTable } from "./markdown-table.ts";
import { retentionPage } from "./retention-doc.ts";

/** The reference pages that are made from the code's own tables, by file name. */
export const referenceDocs: Readonly<Record<string, () => string>> = {
  "errors.md": errorsPage,
  "routes.md": routesPage,
  "configuration.md": configurationPage,
  "metrics.md": metricsPage,
  "audit.md": auditPage,
  "retention.md": retentionPage,
};

function errorsPage(): string {
  const rows = Object.entries(errorRegistry).map(([code, entry]) => [
    `\`${code}\``,
    String(entry.status),
    entry.meaning,
    entry.next,
  ]);
  return [
    "# Errors",
    "",
    generatedNote,
    "",
    "Every failed request is answered with `{ error: { code, message, next?, problems?, details? }, requestId }`.",
    "A code is stable; a message may change. `problems` names fields, with file, line and column where there is a file.",
    "The command line prints the same, with the code in brackets, and exits with 1 (2 when it was called wrongly).",
    "",
    markdownTable(["code", "status", "what happened", "what to do"], rows),
    "",
  ].join("\n");
}

function auditPage(): string {
  const rows = Object.entries(auditActions).map(([action, entry]) => [`\`${action}\``, entry.target, entry.about]);
  return [
    "# Audit log",
    "",
    generatedNote,
    "",
    "Who did what, when and why: what people do to workspaces, templates, pools, jobs, users, groups and keys, and what the",
    "deployment does by itself to workspaces. An entry is written in the transaction of its act, so neither is there",
    "without the other; of pools' jobs that are cancelled many at once, after the last of them.",
    "",
    "```sh",
    "prewarm audit list                                      # the newest first",
    "prewarm audit list --workspace dev --since 7d           # a workspace, also when it is deleted",
    "prewarm audit list --template node                      # a template and its pools",
    "prewarm audit list --action prebuilds --limit 10        # switched off and on, paused and resumed",
    "prewarm audit list --actor system.lifecycle --action workspace.delete",
    "prewarm audit list --since 2030-01-01 --until 2030-02-01 --json",
    "```",
    "",
    "`prewarm schedule show dev` lists the last acts on a workspace beside its schedule. In the API it is",
    "`GET /api/v1/audit` ([routes](routes.md)).",
    "",
    "## Who sees what",
    "",
    "Administrators see everything. Everybody else sees what he did himself, and what was done to a workspace that is his,",
    "or was when it was deleted. Template admins also see what was done to the templates, pools and unclaimed prebuilds of",
    "their organizations, and nothing of other people's workspaces.",
    "",
    "## Pages",
    "",
    "A page ends with a cursor, `next`; passed as `before` (`--before`) it gives the next older page, and what happens in",
    `the meantime moves nothing. One request looks at ${auditEntriesLookedMax.toLocaleString("en")} entries at most, so a page may be short, or empty, and still`,
    "have a `next`. `prewarm audit list` goes on by itself, and says how far back it looked.",
    "",
    "## How long",
    "",
    "Entries are kept for [`audit.keep`](configuration.md), a year unless said; after that they are removed within hours.",
    "`prewarm db export` takes the log along.",
    "",
    "## What is written",
    "",
    "Each entry has its instant, its actor (none: the deployment itself), its action, its target with id and name, and what",
    'else there is to say. `reason` says why, when nobody asked for it ("stopped: idle for 1 h"), or what somebody gave as',
    "his reason. The kinds of targets are",
    `${auditTargetKinds.map((kind) => `\`${kind}\``).join(", ")}.`,
    "",
    markdownTable(["action", "target", "what happened"], rows),
    "",
    "Not in the log, because it is kept elsewhere: the creation of workspaces (the workspace itself, and the",
    "[metrics](metrics.md) of claims and misses), what provisioner jobs did (`prewarm jobs list`), what the reconciler",
    "decided (`prewarm prebuilds explain`), and signing in and out.",
    "",
  ].join("\n");
}

const ruleWords: Readonly<Record<RouteDefinition["access"], string>> = {
  anyone: "anyone",
  signed_in: "anyone who is signed in, about himself",
  self_or_administrator: "the person it belongs to, and administrators",
  administrator: "administrators",
  organization_member: "members of the organization; what they see is their own unless they administer it",
  template_admin: "template admins of the organization, and administrators",
  workspace_owner: "the workspace's owner, and administrators; for an unclaimed prebuild, template admins",
  workspace_user: "the workspace's owner alone",
  job_initiator:
    "who started the job, the owner of its workspace, and administrators; for a pool's job, template admins",
  agent_itself: "the agent whose token it is, about its own workspace",
  daemon: "provisioner daemons",
};

function routesPage(): string {
  const rows = Object.entries(routes as Readonly<Record<string, RouteDefinition>>).map(([id, route]) => [
    `\`${route.method} ${route.path}\``,
    `\`${id}\``,
    route.credential,
    ruleWords[route.access],
    route.summary,
  ]);
  rows.push(
    [
      "`WS /api/v1/agent/connect`",
      "–",
      "agent",
      ruleWords.agent_itself,
      "An agent's connection: state, logs, commands.",
    ],
    [
      "`WS /api/v1/workspaces/:workspace/exec`",
      "–",
      "user",
      ruleWords.workspace_user,
      "Runs a command in a workspace.",
    ],
    [
      "`WS /api/v1/live`",
      "–",
      "user",
      "whoever is signed in; each topic, whoever may call the route that shows it",
      "Says that there is something new: `subscribe {topics}`, and `poke {topic, at}` for each change.",
    ],
    [
      "`GET /metrics`",
      "–",
      "`metrics.token`",
      "whoever has the token of the metrics; anyone when `metrics.public` is set; else nobody",
      "The metrics of this server, for Prometheus.",
    ],
    ["`GET /setup`", "–", "none", ruleWords.anyone, "The page behind the one-time set-up link."],
    [
      "`GET /api/docs`, `GET /api/v1/openapi.json`",
      "–",
      "none",
      ruleWords.anyone,
      "This API, as a page and as OpenAPI 3.1.",
    ],
  );
  return [
    "# Routes, and who may use them",
    "",
    generatedNote,
    "",
    "Access is denied by default: a route that is not in this list does not exist, and `test/http/access.test.ts`",
    "tries each of them without a credential, with the wrong kind of credential, and as somebody who may not.",
    "",
    markdownTable(["route", "id", "credential", "who", "what"], rows),
    "",
  ].join("\n");
}

function configurationPage(): string {
  const live = new Set(liveServerConfig(loadConfig(serverOptions, { flags: new Map(), env: {} })).liveNames);
  const sections = describeSections(serverOptions).flatMap(({ title, rows }) => [
    `## ${title}`,
    "",
    markdownTable(
      ["option", "flag", "environment", "default", "value", "meaning"],
      rows.map((row) => [
        live.has(row.name) ? `\`${row.name}\` ↻` : `\`${row.name}\``,
        `\`${row.flag}\``,
        row.fileEnv === null ? `\`${row.env}\`` : `\`${row.env}\`, \`${row.fileEnv}\``,
        row.default === "" ? "–" : `\`${row.default}\``,
        row.expected,
        row.description,
      ]),
    ),
    "",
  ]);
  return [
    "# Configuration",
    "",
    generatedNote,
    "",
    "Each option of `prewarm server` is taken from its flag, else its environment variable, else the YAML file named by",
    "`--config` or `PREWARM_CONFIG`, else its default. A value that is not valid stops the start and says which, and",
    "where it came from: every such value at once, those of the file with their lines. So do a flag and a name in the file",
    "that are no option. In the file, `prebuilds.backoff_interval` may also be written as `backoff_interval` below",
    "`prebuilds`. A variable that ends with `_FILE` names a file with the value of a secret. `prewarm server --help` prints",
    "the same.",
    "",
    "Options with ↻ can be changed while servers run, by an administrator: `prewarm settings set NAME VALUE`, or",
    "*Administration → Settings* in the dashboard. What is stored so takes the place of the default, on every server within",
    "seconds; a flag, a variable or the file wins over it. `prewarm settings list` says what is in force and where it comes from.",
    "",
    ...sections,
    "## The first start",
    "",
    "`PREWARM_ADMIN_PASSWORD` sets the administrator's password at the first start.",
    "",
  ].join("\n");
}

function metricsPage(): string {
  const names = Object.keys(metricDefinitions) as MetricName[];
  const rows = names.map((name) => {
    const definition: MetricDefinition = metricDefinitions[name];
    return [
      `\`${fullMetricName(name, "prewarm")}\``,
      definition.type,
      definition.labels.map((label) => `\`${label}\``).join(", ") || "–",
      definition.scope,
      definition.help,
    ];
  });
  const renamed = names.filter((name) => fullMetricName(name, "x").startsWith("x_"));
  return [
    "# Metrics",
    "",
    generatedNote,
    "",
    "`GET /metrics` of every server, in Prometheus' text format. It is open to whoever sends `metrics.token` as a bearer",
    "token, to everybody when `metrics.public` is set, and else to nobody. A scrape asks the database nothing: what comes",
    "from there is read every `metrics.refresh_interval` and kept, and `prewarm_prebuilt_workspaces_metrics_last_updated`",
    "says when that was. How to scrape, alerts and a dashboard: [operating.md](operating.md#monitoring).",
    "",
    "Scope `deployment`: read from the database, so every server shows the same numbers. Take the maximum over servers,",
    "`max without (instance) (…)`, never the sum. Scope `server`: seen by that server alone; add them up.",
    "",
    "Labels that name a pool are names, not ids: a pool's counters go on when a version is published, go along when the",
    "template is renamed, and begin anew when it is deleted and made again. Counters stay as long as the template does;",
    "gauges as long as the preset is active or prebuilds of it run. Counters do not begin at 0 for each reason of a miss: a",
    "reason that never occurred has no series.",
    "",
    markdownTable(["metric", "type", "labels", "scope", "meaning"], rows),
    "",
    "Beside them come the process's own, `process_*` and `nodejs_*`: memory, processor, open files, event loop lag, garbage",
    "collection.",
    "",
    "## The namespace",
    "",
    "`metrics.namespace` is the first word of the names below; the others always begin with `prewarm`. `coderd` gives the",
    "names that dashboards and alerts for the known system of this kind expect. Two of them have fewer labels here: the",
    "claim duration is split by phase and outcome, the creation duration by type, and neither by pool",
    "([decision 18](decisions/0018-metrics-are-text-made-by-a-refresh.md)).",
    "",
    markdownTable(
      ["`prewarm`", "`coderd`"],
      renamed.map((name) => [`\`${fullMetricName(name, "prewarm")}\``, `\`${fullMetricName(name, "coderd")}\``]),
    ),
    "",
  ].join("\n");
}
