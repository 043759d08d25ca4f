import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

export type CloudFault =
  /** Answers 500 and does nothing. */
  | "create-500"
  | "delete-500"
  /** Does the work, and its answer does not come. */
  | "create-late"
  | "delete-late"
  /** Says that there is nothing, of an id that nobody asked for. */
  | "delete-other-404";

/**
 * A provider in a folder: a thing exists while there is a file with its name. Terraform reaches it with `local-exec`.
 * Faults are taken one at a time, each by one call, so that several things meet different ones.
 */
export class LittleCloud {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    for (const name of ["things", "faults"]) mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, "cloud.sh"), script(folder));
  }

  /** Names of what exists, in order. */
  things(): readonly string[] {
    return readdirSync(path.join(this.#folder, "things")).toSorted();
  }

  fail(...faults: readonly CloudFault[]): void {
    for (const fault of faults) writeFileSync(path.join(this.#folder, "faults", fault), "");
  }

  /** Whether each fault has been met. */
  hasFailed(): boolean {
    return readdirSync(path.join(this.#folder, "faults")).length === 0;
  }

  /** From now on the creation of this thing of a workspace does its work and then waits, until `letGo`. */
  hold(which: "first" | "second"): void {
    writeFileSync(path.join(this.#folder, "hold"), which);
  }

  letGo(): void {
    if (existsSync(path.join(this.#folder, "hold"))) writeFileSync(path.join(this.#folder, "let-go"), "");
  }

  /** Two things for each workspace, the second after the first. Its name has the build, as an id would. */
  get configuration(): string {
    const call = `sh ${this.#folder}/cloud.sh`;
    const thing = (name: string, id: string, more: string): string => `
resource "terraform_data" "${name}" {
  input = "\${var.prewarm.workspace.id}-${id}"
  ${more}
  lifecycle { ignore_changes = [input] }
  provisioner "local-exec" { command = "${call} create \${self.input}" }
  provisioner "local-exec" {
    when    = destroy
    command = "${call} delete \${self.input}"
  }
}
`;
    return `variable "prewarm" { type = any }
${thing("first", "first", "")}
${thing("second", "second-${var.prewarm.build.number}", "depends_on = [terraform_data.first]")}`;
  }
}

function script(folder: string): string {
  return `cd "${folder}"
take() { mv "faults/$1" "taken-$1-$$" 2>/dev/null; }
say() { echo "$*" >&2; exit 1; }
case "$1" in
create)
  if take create-500; then say "500: try again later"; fi
  touch "things/$2"
  if take create-late; then say "504: no answer in time"; fi
  case "$2" in *-"$(cat hold 2>/dev/null || echo nothing)"*) until test -e let-go; do sleep 0.05; done ;; esac ;;
delete)
  if take delete-500; then say "500: try again later"; fi
  if take delete-other-404; then say "404: there is no thing some-other-id"; fi
  rm -f "things/$2"
  if take delete-late; then say "504: no answer in time"; fi ;;
esac
`;
}
