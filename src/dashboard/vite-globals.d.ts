/** Written into the bundle by tools/build/dashboard.mjs: method and path of each route, by its id. */
declare const PREWARM_ROUTES: Readonly<Record<string, readonly [method: string, path: string]>>;

declare module "*.css" {}
