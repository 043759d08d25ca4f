import type { FastifyInstance, FastifyReply } from "fastify";
import { appOrigin } from "../../app/apps/app-place.ts";
import { mintAppCode } from "../../app/apps/app-sessions.ts";
import { parseAppHost } from "../../contracts/app-address.ts";
import { CodedError } from "../../contracts/errors.ts";
import { underUrl } from "../../contracts/under-url.ts";
import { userOf } from "../credentials.ts";
import type { HttpDeps } from "../http-deps.ts";
import { registerStaticPages } from "../static-pages.ts";

const script = `const form = document.querySelector("form");
const out = document.querySelector("output");
const to = new URLSearchParams(location.search).get("to") ?? "/";
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  out.textContent = "";
  const { username, password } = Object.fromEntries(new FormData(form));
  const answer = await fetch("api/v1/auth/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  if (answer.ok) {
    // As the browser reads it, which leaves out tabs and line ends: only what is this server's own.
    const at = URL.canParse(to, location.origin) ? new URL(to, location.origin) : null;
    location.replace(at?.origin === location.origin ? at.href : "/");
    return;
  }
  const { error } = await answer.json();
  out.textContent = error.message + " " + (error.next ?? "");
});`;

const style = `body { font: 16px/1.5 system-ui, sans-serif; margin: 15vh auto 0; max-width: 22rem; padding: 0 1rem; color: #1c2430; background: #fff; }
@media (prefers-color-scheme: dark) { body { color: #dde3ea; background: #14181d; } }
label { display: block; margin: 1rem 0 0; } input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; }
button { font: inherit; margin: 1.5rem 0 0; padding: .5rem 1.5rem; } output { display: block; margin: 1.5rem 0; }`;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in to Prewarm</title>
<link rel="stylesheet" href="sign-in/page.css">
</head>
<body>
<h1>Sign in to Prewarm</h1>
<form>
<label>User name <input name="username" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>
<output role="alert"></output>
<script src="sign-in/page.js"></script>
</body>
</html>
`;

/**
 * Where a browser goes to show an app's host who it is: it has its session here, and gets a code there. The sign-in page
 * stands in its way where it has none.
 */
export function registerAuthorizePage(app: FastifyInstance, deps: HttpDeps): void {
  // The dashboard has its own; this one is for a server that was built without.
  if (deps.dashboard === null) {
    registerStaticPages(app, {
      "/sign-in": ["text/html", page],
      "/sign-in/page.js": ["text/javascript", script],
      "/sign-in/page.css": ["text/css", style],
    });
  }
  app.get<{ Querystring: { to?: string; nonce?: string } }>(
    "/apps/authorize",
    { schema: { hide: true } },
    async (request, reply) => {
      const to = appUrl(deps, request.query.to ?? "");
      const { nonce: nonceHash = "" } = request.query;
      if (to === undefined || !/^[\w-]{43}$/.test(nonceHash)) {
        throw new CodedError("invalid_request", "This address belongs to no app.", {
          next: "Open the app again, by the address and the port that `prewarm apps list WORKSPACE` shows.",
        });
      }
      const tokenId = await tokenOf(deps, request);
      void reply.header("cache-control", "no-store");
      if (tokenId === undefined) return await redirect(reply, signInPath(deps, request.url));
      const back = new URL("/_prewarm/callback", to);
      back.searchParams.set("code", mintAppCode(deps, { tokenId, host: to.host, nonceHash }));
      back.searchParams.set("to", `${to.pathname}${to.search}`);
      return await redirect(reply, back.href);
    },
  );
}

async function tokenOf(deps: HttpDeps, request: Parameters<typeof userOf>[1]) {
  try {
    return (await userOf(deps, request)).tokenId;
  } catch (error) {
    if (error instanceof CodedError && error.status === 401) return undefined;
    throw error;
  }
}

/** Below the path of a reverse proxy, where the server has one. */
function signInPath({ options }: HttpDeps, then: string): string {
  const below = (path: string): string => {
    const { pathname, search } = new URL(underUrl(options.accessUrl(), path));
    return `${pathname}${search}`;
  };
  return `${below("/sign-in")}?to=${encodeURIComponent(below(then))}`;
}

/**
 * An address of an app of this deployment, at the port where apps are: at another one somebody else may listen, who would
 * be given the code, and get in by it in the person's name.
 */
function appUrl({ options }: HttpDeps, text: string): URL | undefined {
  const { appsHost } = options;
  if (appsHost === null || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const at = parseAppHost(url.host, appsHost);
  if (at.kind !== "app" || url.username !== "" || url.password !== "") return undefined;
  const own = appOrigin({ options }, at.address) ?? "";
  return URL.canParse(own) && new URL(own).origin === url.origin ? url : undefined;
}

async function redirect(reply: FastifyReply, to: string): Promise<FastifyReply> {
  return await reply.redirect(to, 302);
}
