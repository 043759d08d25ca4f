/** Written into the bundle by tools/build/dashboard.mjs: method and path of each route, by its id. */
declare const PREWARM_ROUTES: Readonly<Record<string, readonly [method: string, path: string]>>;

/** Likewise: area, access and summary of each route that people have, for the matrix of roles. */
declare const PREWARM_PERMISSIONS: readonly (readonly [id: string, tag: string, access: string, summary: string])[];

declare module "*.css" {}
