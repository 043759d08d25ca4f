import type { Manifest } from "../../../contracts/manifest.ts";
import type { BuildContext, BuildWork } from "../../driver.ts";
import { fieldsOf } from "./json-fields.ts";

/** Of a build, what a destruction without a job needs: the variables of the template, and where its version lies. */
export interface RecordedBuild {
  readonly archiveHash: string;
  readonly templateName: string;
  readonly templateId?: string;
  readonly versionName?: string;
  readonly accessUrl: string;
  readonly deploymentId: string;
  readonly manifest: Manifest;
  /** What the import of the version has answered; absent in records of earlier releases. */
  readonly versionState?: unknown;
  /** Given at the push of the version; secret, like what else lies in the record. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Without its agents and its state: those that count stand in the record. */
  readonly work: BuildWork;
}

export function recordedBuild({
  archiveHash,
  templateName,
  templateId,
  versionName,
  accessUrl,
  deploymentId,
  manifest,
  versionState,
  variables,
  work,
}: BuildContext): RecordedBuild {
  return {
    archiveHash,
    templateName,
    ...(templateId === undefined ? {} : { templateId }),
    ...(versionName === undefined ? {} : { versionName }),
    accessUrl,
    deploymentId,
    manifest,
    versionState,
    ...(variables === undefined ? {} : { variables }),
    work: { ...work, agents: [], state: null },
  };
}

/** Null for none. */
export function readRecordedBuild(value: unknown): RecordedBuild | null {
  // Written by `recordedBuild` of this driver, in a folder that is nobody else's.
  return typeof fieldsOf(value)["archiveHash"] === "string" ? (value as RecordedBuild) : null;
}
