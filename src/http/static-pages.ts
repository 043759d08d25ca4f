import type { FastifyInstance } from "fastify";

const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'";

/** Type and text of what is served at each path. */
export type StaticPages = Readonly<Record<string, readonly [type: string, body: string]>>;

/** Serves pages of a few lines, with their scripts and styles beside them. */
export function registerStaticPages(app: FastifyInstance, pages: StaticPages): void {
  for (const [path, [type, body]] of Object.entries(pages)) {
    app.get(path, { schema: { hide: true } }, async (_, reply) => {
      void reply.header("content-security-policy", contentSecurityPolicy).type(`${type}; charset=utf-8`);
      return await reply.send(body);
    });
  }
}
