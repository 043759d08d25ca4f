// What is needed of `ssh2` beside its public face. One file, so that what a new version changes is seen here; what it
// relies on is pinned by test/unit/agent-ssh/ssh2-inside.test.ts.
import type { Duplex } from "node:stream";
import type { Connection, ServerChannel } from "ssh2";

/** As `ssh2` announces it for its channels. */
const windowBytes = 2 * 1_024 * 1_024;
const packetBytes = 32 * 1_024;
/** What a client may be ahead of the workspace's program; with `ssh2`'s own window a line of 100 ms carries 12 MB/s. */
const wideWindowBytes = 4 * 1_024 * 1_024;
const windowStepBytes = wideWindowBytes / 16;
const stderrKind = 1;

export type OutputKind = "stdout" | "stderr";

interface Protocol {
  channelData(id: number, bytes: Buffer): void;
  channelExtData(id: number, bytes: Buffer, kind: number): void;
  channelWindowAdjust(id: number, bytes: number): void;
  channelOpenFail(id: number, reason: number, description: string): void;
  openssh_authAgent(id: number, windowBytes: number, packetBytes: number): void;
}

type Opened = ((error: Error | undefined, channel: ServerChannel) => void) & { type?: string };

interface InnerConnection {
  readonly _protocol: Protocol;
  readonly _sock: Duplex;
  readonly _chanMgr: { add(opened: Opened): number };
}

interface InnerChannel {
  readonly _client: InnerConnection;
  readonly outgoing: { readonly id: number; window: number; readonly packetSize: number; readonly state: string };
  readonly incoming: { window: number };
  readonly readableLength: number;
  _read(bytes: number): void;
  _waitWindow: boolean;
  _chunk: Buffer | undefined;
  _chunkcb: (() => void) | undefined;
  eof(): void;
}

function inside(connection: Connection): InnerConnection {
  return connection as unknown as InnerConnection;
}

function insideChannel(channel: ServerChannel): InnerChannel {
  return channel as unknown as InnerChannel;
}

/** Refuses a channel with words, which the public call has no place for. */
export function refuseChannel(connection: Connection, reject: () => void, why: string): void {
  const protocol = inside(connection)._protocol;
  const { channelOpenFail } = protocol;
  protocol.channelOpenFail = (id, reason) => channelOpenFail.call(protocol, id, reason, why);
  try {
    reject();
  } finally {
    protocol.channelOpenFail = channelOpenFail;
  }
}

/** Opens a channel to the agent of keys that the client forwards. */
export function openAgentChannel(
  connection: Connection,
  opened: (error: Error | undefined, channel: ServerChannel) => void,
): void {
  const { _chanMgr: channels, _protocol: protocol } = inside(connection);
  const waiting: Opened = (error, channel) => opened(error, channel);
  waiting.type = "auth-agent@openssh.com";
  protocol.openssh_authAgent(channels.add(waiting), windowBytes, packetBytes);
}

/** Lets its client send further ahead, and tells it of each step that was read instead of each half of a window. */
export function widenWindow(channel: ServerChannel): void {
  const inner = insideChannel(channel);
  const { incoming, outgoing, _client: connection } = inner;
  const widen = (): void => {
    const bytes = wideWindowBytes - incoming.window - inner.readableLength;
    if (bytes < windowStepBytes || outgoing.state === "closing" || outgoing.state === "closed") return;
    incoming.window += bytes;
    connection._protocol.channelWindowAdjust(outgoing.id, bytes);
  };
  const read = inner._read.bind(inner);
  inner._read = (bytes) => {
    read(bytes);
    widen();
  };
  widen();
}

/** Tells when a channel is closed, by its client or with its connection, also while nobody reads from it. */
export function onChannelClosed(channel: ServerChannel, closed: () => void): void {
  // Nothing is ever written to it by way of `ssh2`: it ends when the channel does. The channel's own `close` comes only
  // once all that the client sent has been read.
  channel.stderr.once("finish", closed);
}

/** Sends one packet, of no more than the client allows. @returns how many of the bytes went. */
export function sendSome(channel: ServerChannel, bytes: Buffer, kind: OutputKind): number {
  const { outgoing, _client: connection } = insideChannel(channel);
  const size = Math.min(bytes.length, outgoing.window, outgoing.packetSize);
  if (size === 0) return 0;
  const piece = size === bytes.length ? bytes : bytes.subarray(0, size);
  outgoing.window -= size;
  if (kind === "stdout") connection._protocol.channelData(outgoing.id, piece);
  else connection._protocol.channelExtData(outgoing.id, piece, stderrKind);
  return size;
}

export function isOpen(channel: ServerChannel): boolean {
  return insideChannel(channel).outgoing.state === "open";
}

/** Calls back once when the client allows more. */
export function onceWindowGrows(channel: ServerChannel, grown: () => void): void {
  const inner = insideChannel(channel);
  inner._chunk = undefined;
  inner._chunkcb = grown;
  inner._waitWindow = true;
}

/** Says that no more bytes come, and leaves the channel open for those of the client. */
export function sendEof(channel: ServerChannel): void {
  insideChannel(channel).eof();
}

/** The stream under a connection. */
export function lineOf(channel: ServerChannel): Duplex {
  return insideChannel(channel)._client._sock;
}
