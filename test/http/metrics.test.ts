// `GET /metrics` of a whole server: who may read it, what it costs, and what a server observes by itself.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { metricDefinitions } from "../../src/platform/metrics/metric-definitions.ts";
import { parseSeries } from "../support/metrics.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const token = "a token of the metrics";
let api: TestServer;

beforeAll(async () => {
  api = await startTestServer({ metricsToken: token, metricsRefreshIntervalMs: 100 });
});
afterAll(() => api.stop());

async function scrape(server: TestServer, bearer?: string): Promise<{ status: number; type: string; text: string }> {
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const answer = await fetch(`${server.url}/metrics`, { headers });
  return { status: answer.status, type: answer.headers.get("content-type") ?? "", text: await answer.text() };
}

async function values(): Promise<ReadonlyMap<string, number>> {
  return parseSeries((await scrape(api, token)).text);
}

describe("who may read the metrics", () => {
  it("nobody without the token, and neither an administrator's token nor a part of it opens them", async () => {
    const { secret } = await api
      .client()
      .call("login", { body: { username: "admin", password: "correct horse battery" } });
    for (const bearer of [undefined, "", secret, token.slice(0, -1), `${token} `.repeat(2)]) {
      expect(await scrape(api, bearer)).toMatchObject({ status: 401, text: expect.stringContaining("metrics.token") });
    }
    expect((await scrape(api, token)).status).toBe(200);
  });

  it("nobody at all on a server without a token, and everybody on one that says so", async () => {
    const closed = await startTestServer();
    const open = await startTestServer({ metricsPublic: true });
    try {
      expect(await scrape(closed, "")).toMatchObject({ status: 401, text: expect.stringContaining("metrics.public") });
      expect(await scrape(open)).toMatchObject({ status: 200, type: "text/plain; version=0.0.4; charset=utf-8" });
    } finally {
      await Promise.all([closed.stop(), open.stop()]);
    }
  });
});

describe("what a scrape shows", () => {
  it("compressed what it shows plain, to whoever asks for that", async () => {
    const namesIn = async (encoding: string): Promise<{ encoding: string | null; names: string[] }> => {
      const headers = { authorization: `Bearer ${token}`, "accept-encoding": encoding };
      const answer = await fetch(`${api.url}/metrics`, { headers });
      const text = await answer.text();
      const names = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name ?? "");
      return { encoding: answer.headers.get("content-encoding"), names };
    };
    const plain = await namesIn("identity");
    const gzipped = await namesIn("gzip");
    expect([plain.encoding, gzipped.encoding]).toEqual([null, "gzip"]);
    expect(gzipped.names).toEqual(plain.names);
    expect(plain.names).toContain("prewarm_provisioner_queue_jobs");
  });

  it("every metric of a server at rest is one that is documented, with its type", async () => {
    const { text } = await scrape(api, token);
    const shown = [...text.matchAll(/^# TYPE (prewarm_\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]);
    const known = Object.entries(metricDefinitions).map(([name, { type }]) => [`prewarm_${name}`, type]);
    for (const one of shown) expect(known).toContainEqual(one);
    expect(new Set(shown.map(([name]) => name)).size).toBe(shown.length);
  });

  it("requests by the pattern of their route and the class of their status, never by their path", async () => {
    await api.admin.call("getWorkspace", { params: { workspace: "no-such-one" } }).catch(() => undefined);
    await fetch(`${api.url}/nothing/here`);
    await waitUntil("the requests are observed", async () => {
      const keys = [...(await values()).keys()].join("\n");
      return keys.includes('route="unmatched"') && keys.includes('route="/api/v1/workspaces/:workspace"');
    });
    const keys = [...(await values()).keys()].join("\n");
    expect(keys).not.toMatch(/no-such-one|nothing/);
    expect(keys).toContain('http_request_duration_seconds_count{method="GET",route="unmatched",status="4xx"}');
  });

  it("the database pool, the news, the controllers, the event loop and the release", async () => {
    await waitUntil("each controller has run", async () => {
      const shown = await values();
      return shown.has('prewarm_controller_last_success_timestamp_seconds{controller="prebuilds"}');
    });
    const shown = await values();
    expect(shown.get("prewarm_database_connections_limit")).toBe(10);
    expect(shown.get("prewarm_database_connection_waiters")).toBe(0);
    expect(shown.get("prewarm_news_connection_up")).toBe(1);
    expect(shown.get("prewarm_agents_connected")).toBe(0);
    expect([...shown.keys()]).toEqual(
      expect.arrayContaining([
        'prewarm_database_connections{state="in_use"}',
        'prewarm_database_connections{state="idle"}',
        "nodejs_eventloop_lag_p99_seconds",
        "process_resident_memory_bytes",
      ]),
    );
    expect(shown.get("prewarm_prebuilds_reconciliation_duration_seconds_count")).toBeGreaterThan(0);
    expect([...shown.keys()].some((key) => key.startsWith("prewarm_build_info{version="))).toBe(true);
  });
});

describe("156: a scrape", () => {
  it("sends no statement to the database, its authentication included, and works when that is away", async () => {
    const still = await startTestServer({ metricsToken: token, metricsRefreshIntervalMs: 3_600_000 });
    try {
      await waitUntil("the first refresh", async () => {
        const shown = parseSeries((await scrape(still, token)).text);
        return (shown.get("prewarm_prebuilt_workspaces_metrics_last_updated") ?? 0) > 0;
      });
      // Not the refresh: what it shows would go with it.
      const others = still.server.controllers.filter((controller) => controller.name !== "metrics");
      await Promise.all(others.map((controller) => controller.stop()));
      const before = still.server.store.counters;
      for (let nth = 0; nth < 5; nth += 1) {
        expect((await scrape(still, token)).status).toBe(200);
        expect((await scrape(still, "wrong")).status).toBe(401);
      }
      expect(still.server.store.counters).toEqual(before);
      // A request that does ask is counted, so the count above means something.
      await still.admin.call("whoAmI", {}).catch(() => undefined);
      expect(still.server.store.counters.statements).toBeGreaterThan(before.statements);
    } finally {
      await still.stop();
    }
  });
});
