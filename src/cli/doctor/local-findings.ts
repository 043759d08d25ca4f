import type { Client } from "../../client/client.ts";
import type { DoctorFinding } from "../../contracts/api/system.ts";
import { CodedError } from "../../contracts/errors.ts";
import { clientFor } from "../invocation.ts";
import { type Access, resolveAccess } from "../session.ts";
import type { CliWorld } from "../world.ts";

/** Where a server is looked for when nothing says where it is. */
const defaultUrl = "http://127.0.0.1:7080";
/** A probe that takes longer says as much as one that fails. */
const probeTimeoutMs = 5_000;

function wrong(check: string, error: unknown): DoctorFinding {
  const message = error instanceof Error ? error.message : String(error);
  return { check, severity: "error", message, next: error instanceof CodedError ? error.next : null };
}

function signedOut(message: string, url: string): DoctorFinding {
  return { check: "session", severity: "error", message, next: `Run \`prewarm login ${url}\`.` };
}

async function probe(check: string, good: string, call: () => Promise<unknown>): Promise<DoctorFinding> {
  try {
    await call();
    return { check, severity: "ok", message: good, next: null };
  } catch (error) {
    return wrong(check, error);
  }
}

async function sessionFinding(access: Access, timeoutMs: number): Promise<DoctorFinding> {
  if (access.token === undefined) return signedOut(`There is no session for ${access.url}.`, access.url);
  const client = await clientFor(access.url, access.token, { timeoutMs });
  return probe("session", `The session from ${access.source} is valid.`, () => client.call("whoAmI", {}));
}

function administratorsOnly({ next }: CodedError): DoctorFinding {
  return {
    check: "deployment",
    severity: "warning",
    message: "The server's own checks are for administrators.",
    next,
  };
}

async function serverFindings(client: Client): Promise<readonly DoctorFinding[]> {
  const alive = await probe("server", `The server at ${client.url} answers.`, () => client.call("health", {}));
  // When nothing answers, each further probe would only say so again.
  if (alive.severity === "error") return [alive];
  return [alive, await probe("readiness", "The server's database answers.", () => client.call("ready", {}))];
}

/** What can be found out from here when the server's own checks cannot be asked for, and `reason` for that. */
export async function localFindings(world: CliWorld, reason: CodedError): Promise<readonly DoctorFinding[]> {
  let access: Access | undefined;
  try {
    access = await resolveAccess(world);
  } catch (error) {
    return [wrong("session file", error)];
  }
  const url = access?.url ?? defaultUrl;
  const server = await serverFindings(await clientFor(url, undefined, { timeoutMs: probeTimeoutMs }));
  const isReached = server.every(({ severity }) => severity !== "error");
  const session =
    access === undefined
      ? [signedOut("You are not signed in to any server.", url)]
      : isReached
        ? [await sessionFinding(access, probeTimeoutMs)]
        : [];
  const isForbidden = reason.code === "forbidden";
  const scope: readonly DoctorFinding[] = isForbidden ? [administratorsOnly(reason)] : [];
  const findings = [...server, ...session, ...scope];
  // Everything looks well from here, and yet the checks failed: that reason must not be lost.
  return isForbidden || findings.some(({ severity }) => severity === "error")
    ? findings
    : [...findings, wrong("doctor", reason)];
}
