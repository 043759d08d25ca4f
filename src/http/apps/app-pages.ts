import type { IncomingMessage, ServerResponse } from "node:http";
import type { CodedError } from "../../contracts/errors.ts";
import { errorReport } from "../error-answer.ts";

export interface PageLink {
  readonly href: string;
  readonly text: string;
}

export interface AppPage {
  readonly status: number;
  readonly title: string;
  /** Sentences, each a paragraph. */
  readonly text: readonly string[];
  readonly links?: readonly PageLink[];
  /** A button that starts the workspace. */
  readonly hasStart?: boolean;
  /** Looked at again after so long. */
  readonly refreshSeconds?: number;
}

const style =
  "body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto 0;max-width:34rem;padding:0 1rem;color:#1c2430;background:#fff}" +
  "@media(prefers-color-scheme:dark){body{color:#dde3ea;background:#14181d}a{color:#8ab4f8}}" +
  "h1{font-size:1.4rem}button{font:inherit;padding:.5rem 1.5rem}code{font-size:.95em}";

const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

/** Whether a person looks at the answer, rather than a program. */
export function isNavigation(request: IncomingMessage): boolean {
  const { method, headers } = request;
  const mode = headers["sec-fetch-mode"];
  if (method !== "GET" && method !== "HEAD") return false;
  return mode === undefined ? (headers.accept ?? "").includes("text/html") : mode === "navigate";
}

export function renderPage({ title, text, links = [], hasStart = false, refreshSeconds }: AppPage): string {
  const refresh = refreshSeconds === undefined ? "" : `<meta http-equiv="refresh" content="${refreshSeconds}">`;
  const list = links.map(({ href, text: label }) => `<li><a href="${escape(href)}">${escape(label)}</a></li>`).join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">${refresh}
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escape(title)}</h1>
${text
  .filter((sentence) => sentence !== "")
  .map((sentence) => `<p>${escape(sentence).replace(/`([^`]+)`/g, "<code>$1</code>")}</p>`)
  .join("\n")}
${list === "" ? "" : `<ul>${list}</ul>`}
${hasStart ? '<form method="post" action="/_prewarm/start"><button>Start the workspace</button></form>' : ""}
</body>
</html>
`;
}

/** To a person a page, to a program JSON: both say what happened and what is next. */
export function answerPage(
  request: IncomingMessage,
  response: ServerResponse,
  {
    page,
    error,
    headers = {},
  }: {
    readonly page: AppPage;
    readonly error: CodedError;
    readonly headers?: Readonly<Record<string, string>>;
  },
): void {
  if (response.headersSent) return void response.destroy();
  const isPage = isNavigation(request);
  const body = isPage ? renderPage(page) : JSON.stringify({ error: errorReport(error) });
  response.writeHead(page.status, {
    ...headers,
    "content-type": isPage ? "text/html; charset=utf-8" : "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": contentSecurityPolicy,
    // What came with it may not have been read.
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
