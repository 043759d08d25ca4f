// `npm run dashboard`: the dashboard from its sources, with each edit at once, over the API of a server that runs.
//   PREWARM_URL=http://127.0.0.1:7080 npm run dashboard
import { existsSync } from "node:fs";
import path from "node:path";
import { createServer } from "vite";
import { dashboardConfig } from "./build/dashboard.mjs";

const root = path.resolve(import.meta.dirname, "..");
const server = process.env["PREWARM_URL"] ?? "http://127.0.0.1:7080";

if (!existsSync(path.join(root, "dist/contracts/api/routes.js"))) {
  console.error("The contracts are not compiled: run `npm run build` once.");
  process.exit(1);
}
const proxied = { target: server, ws: true, changeOrigin: true, headers: { origin: server } };
const vite = await createServer({
  ...(await dashboardConfig(root)),
  base: "/",
  server: { host: "127.0.0.1", proxy: { "/api": proxied, "/healthz": proxied } },
});
await vite.listen();
vite.printUrls();
