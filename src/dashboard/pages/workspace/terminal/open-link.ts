import type { Workspace } from "../../../../contracts/api/workspaces.ts";
import { apiErrorOf } from "../../../api/api-error.ts";
import { call } from "../../../api/call.ts";
import { showToast } from "../../../components/toasts.ts";

const ownHosts: readonly string[] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];

/** Opens an address of a terminal in a new tab. What is `localhost` there has an address of its own here. */
export async function openLink(workspace: Workspace, text: string): Promise<void> {
  if (!URL.canParse(text)) return;
  const address = new URL(text);
  if (address.protocol !== "http:" && address.protocol !== "https:") return;
  if (!ownHosts.includes(address.hostname)) return openTab(address.href);
  const port = Number(address.port) || (address.protocol === "https:" ? 443 : 80);
  try {
    const { ports } = await call("listPorts", { params: { workspace: workspace.id } });
    const url = ports.find((one) => one.port === port)?.url ?? null;
    if (url !== null) return openTab(new URL(`${address.pathname}${address.search}${address.hash}`, url).href);
    const command = `prewarm open ${workspace.name} ${port}`;
    showToast({
      tone: "warn",
      text: `Port ${port} has no address here, or nothing listens. On your machine: ${command}`,
    });
  } catch (error) {
    const { message, next } = apiErrorOf(error);
    showToast({ tone: "bad", text: `${message} ${next}` });
  }
}

function openTab(address: string): void {
  window.open(address, "_blank", "noopener,noreferrer");
}
