import {
  type handleUnaryCall,
  logVerbosity,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { within } from "../../../platform/within.ts";
import { decodeMessage, encodeMessage, type MessageName } from "./messages.ts";
import { diagnosticMessage, problem } from "./diagnostic.ts";

/** One message, in and out: states hold scripts and keys, and are far smaller. */
const messageBytesMax = 64 * 1_024 * 1_024;
/** What Terraform still asks gets this long at the end of a job. */
const closeLimitMs = 500;

type Message = Readonly<Record<string, unknown>>;

export interface Call {
  readonly asked: MessageName;
  readonly answered: MessageName;
  /** Its fields, or their bytes. May throw: the caller then reads why in a diagnostic. */
  readonly answer: (message: Message) => Message | Buffer;
}

export interface PluginServer {
  close(): Promise<void>;
}

/** Paths of the calls below this are the protocol's; others are answered with "unimplemented" by the library. */
const service = "/tfplugin5.Provider/";

/**
 * Serves the calls on a socket, without TLS: whoever may open the socket may ask. Errors: the system's, when the socket
 * cannot be made.
 */
export async function servePlugin(socket: string, calls: Readonly<Record<string, Call>>): Promise<PluginServer> {
  // The library prints what goes wrong; here it is answered, thrown, or in the log of the job.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    "grpc.max_receive_message_length": messageBytesMax,
    "grpc.max_send_message_length": messageBytesMax,
  });
  server.addService(definitionOf(calls), implementationOf(calls));
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  return { close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
  });
  try {
    await within(ended, closeLimitMs, () => new Error("calls are still open"));
  } catch {
    server.forceShutdown();
  }
}

// Messages are taken apart by the handler and not by the library: what cannot be read is then answered with a diagnostic.
const asIs = (bytes: Buffer): Buffer => bytes;

function definitionOf(calls: Readonly<Record<string, Call>>): ServiceDefinition {
  return Object.fromEntries(
    Object.keys(calls).map((name) => [
      name,
      {
        path: `${service}${name}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    ]),
  );
}

function implementationOf(calls: Readonly<Record<string, Call>>): Record<string, handleUnaryCall<Buffer, Buffer>> {
  return Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [
      name,
      ({ request }, respond) => {
        respond(null, answerBytes(name, call, request));
      },
    ]),
  );
}

/** The answer to one call, whatever the request: a fault of ours or theirs is said as a diagnostic. */
export function answerBytes(name: string, { asked, answered, answer }: Call, request: Uint8Array): Buffer {
  try {
    const given = answer(decodeMessage(asked, request));
    return Buffer.isBuffer(given) ? given : encodeMessage(answered, given);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const said = problem(
      [],
      `Prewarm's provider for coder/coder could not answer ${name}`,
      `${why} Report it with the template.`,
    );
    const isStop = answered === "StopAnswer";
    return encodeMessage(answered, isStop ? { error: said.summary } : { diagnostics: [diagnosticMessage(said)] });
  }
}
