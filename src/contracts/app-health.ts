/** What an agent finds when it asks its apps; apart from the schemas, because the agent carries none. */
export const appHealths = ["starting", "healthy", "unhealthy"] as const;
export type AppHealth = (typeof appHealths)[number];

/** Of the words that say why. */
export const appHealthDetailLengthMax = 200;

/** Of a check whose template does not say it. */
export const healthcheckUnlessSaid = { intervalSeconds: 10, timeoutSeconds: 5, threshold: 3 } as const;

export const appsPerAgentMax = 32;
