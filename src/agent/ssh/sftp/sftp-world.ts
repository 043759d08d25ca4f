import type { AccountNames } from "./account-names.ts";
import type { FieldReader } from "./fields.ts";
import type { Handles } from "./handles.ts";
import type { Paths } from "./paths.ts";

export interface SftpWorld {
  readonly paths: Paths;
  readonly handles: Handles;
  readonly accounts: AccountNames;
}

/** Does what is asked for, and words the answer. Errors: told to the client by `statusOf`. */
export type Handler = (id: number, fields: FieldReader, world: SftpWorld) => Promise<Buffer>;
