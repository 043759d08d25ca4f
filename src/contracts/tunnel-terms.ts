/**
 * How people reach what listens in their workspaces. Two legs of WebSockets with the frames of `tunnel-frames.ts`:
 * a client opens one for each stream at `tunnelPath`, an agent one for all of them at `agentTunnelPath`, when its server
 * asks for it (`tunnel_wanted`) and until it was without streams for a while. Servers pass frames on as they are.
 */
export const agentTunnelPath = "/api/v1/agent/tunnel";
export const tunnelPath = (workspaceId: string): string => `/api/v1/workspaces/${workspaceId}/tunnel`;
export const tunnelProtocol = "prewarm-tunnel.1";

/** A stream that has lost its line is kept so long, by its client and its agent. */
export const tunnelResumeMs = 60_000;
/** From the first frame of a client to the agent's answer. */
export const tunnelOpenMs = 15_000;
/** For what a stream leads to, such as a port, to take the connection. */
export const tunnelDialMs = 10_000;
/** Of one measurement of the speed. */
export const speedMsMax = 60_000;
export const speedBytesMax = 64 * 1_073_741_824;
export const tunnelStreamsPerAgentMax = 256;

/** WebSocket close code by which a server says that the agent's line is gone: the client comes back. */
export const tunnelLineLostCode = 4410;
