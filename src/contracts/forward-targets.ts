/** Where streams into workspaces may lead from there: wherever the workspace itself gets, or to its own loopback. */
export const forwardTargets = ["any", "loopback"] as const;
export type ForwardTargets = (typeof forwardTargets)[number];

/**
 * Whether a stream may lead to the host. Of names only `localhost` is known to be loopback, as it is reached by its addresses
 * and not by a name service; any other may be resolved to anything, and to something else the next time.
 */
export function isWithin(targets: ForwardTargets, host: string): boolean {
  return targets === "any" || host === "localhost" || host === "::1" || loopbackShape.test(host);
}

const loopbackShape = /^127(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

export function beyondTargets(host: string): string {
  return `${host} is not led to: this deployment lets streams lead to the workspace's own localhost only (\`access.forward_targets\`)`;
}
