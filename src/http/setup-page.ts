import type { FastifyInstance } from "fastify";
import { passwordLengthMax, passwordLengthMin } from "../contracts/limits.ts";
import type { HttpDeps } from "./http-deps.ts";
import { registerStaticPages } from "./static-pages.ts";

const script = `const form = document.querySelector("form");
const out = document.querySelector("output");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = form.elements.password.value;
  if (password !== form.elements.again.value) { out.textContent = "The two passwords differ."; return; }
  const answer = await fetch("/api/v1/auth/setup", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ secret: location.hash.slice(1), password }),
  });
  if (answer.ok) { form.hidden = true; out.textContent = "Done. Sign in: prewarm login " + location.origin + " --username admin"; return; }
  const { error } = await answer.json();
  out.textContent = error.message + " " + (error.next ?? "");
});`;

const style = `body { font: 16px/1.5 system-ui, sans-serif; margin: 15vh auto 0; max-width: 26rem; padding: 0 1rem; color: #1c2430; }
label { display: block; margin: 1rem 0 0; } input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; }
button { font: inherit; margin: 1.5rem 0 0; padding: .5rem 1.5rem; } output { display: block; margin: 1.5rem 0; }`;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Set up Prewarm</title>
<link rel="stylesheet" href="/setup/page.css">
</head>
<body>
<h1>Set up Prewarm</h1>
<p>Choose the password of the administrator, <b>admin</b>.</p>
<form>
<input type="hidden" name="username" autocomplete="username" value="admin">
<label>Password <input name="password" type="password" autocomplete="new-password" required minlength="${passwordLengthMin}" maxlength="${passwordLengthMax}"></label>
<label>Once more <input name="again" type="password" autocomplete="new-password" required></label>
<button>Set the password</button>
</form>
<output></output>
<script src="/setup/page.js"></script>
</body>
</html>
`;

/**
 * The page behind the one-time set-up link; the secret is in the fragment, which browsers never send or log, and take along
 * to where they are sent: to the dashboard's page for it, where there is a dashboard.
 */
export function registerSetUpPage(app: FastifyInstance, { dashboard }: Pick<HttpDeps, "dashboard">): void {
  if (dashboard === null) {
    registerStaticPages(app, {
      "/setup": ["text/html", page],
      "/setup/page.js": ["text/javascript", script],
      "/setup/page.css": ["text/css", style],
    });
    return;
  }
  // Relative: the server may lie below a path of a proxy.
  app.get("/setup", { schema: { hide: true } }, async (_, reply) => await reply.redirect("first-run", 302));
}
