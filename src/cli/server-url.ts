import { isLoopbackHost } from "../contracts/loopback.ts";
import { serverAddress } from "../contracts/under-url.ts";

/** The server's base URL from what people type: `localhost:7080` means http, another bare host means https. */
export function readServerUrl(text: string): string | undefined {
  const bareHost = /^(\[[0-9a-f:]+\]|[^:/]+)/i.exec(text)?.[1] ?? "";
  const full = text.includes("://") ? text : `${isLoopbackHost(bareHost) ? "http" : "https"}://${text}`;
  if (!URL.canParse(full)) return undefined;
  const url = new URL(full);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  if (url.hostname === "" || url.username !== "" || url.password !== "") return undefined;
  return serverAddress(url);
}
