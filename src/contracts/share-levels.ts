/** Who may open an app or a port: each of these and those before it. */
export const shareLevels = ["owner", "organization", "authenticated", "public"] as const;
export type ShareLevel = (typeof shareLevels)[number];
