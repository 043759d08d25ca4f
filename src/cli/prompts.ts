import { CodedError } from "../contracts/errors.ts";
import { visibleText } from "../contracts/visible-text.ts";
import type { CliWorld } from "./world.ts";

/** Longest secret that is read from standard input, in bytes. */
const secretBytesMax = 8_192;

/** Whether there is somebody to ask: questions go to standard error, answers come from standard input. */
export function canAsk(world: CliWorld): boolean {
  return world.isInputTerminal && world.isErrorTerminal;
}

/** Answers undefined when the question was dismissed. The prompts are loaded only when there is something to ask. */
async function ask(
  world: CliWorld,
  question: { readonly kind: "password" | "confirm"; readonly message: string },
): Promise<string | boolean | undefined> {
  const prompts = await import("@clack/prompts");
  const common = { message: visibleText(question.message), input: world.stdin, output: world.stderr };
  // Whoever only presses return must lose nothing.
  const answer =
    question.kind === "confirm"
      ? await prompts.confirm({ ...common, initialValue: false })
      : await prompts[question.kind](common);
  return prompts.isCancel(answer) ? undefined : answer;
}

function dismissed(): CodedError {
  return new CodedError("canceled", "Nothing was done: the question was dismissed.", { next: "Run it again." });
}

/** @param initial stands there already, and may be changed. */
export async function askText(
  world: CliWorld,
  message: string,
  { initial }: { readonly initial?: string } = {},
): Promise<string> {
  const prompts = await import("@clack/prompts");
  const answer = await prompts.text({
    ...place(world, message),
    ...(initial === undefined ? {} : { initialValue: initial }),
  });
  if (typeof answer !== "string") throw dismissed();
  return answer;
}

export async function askYes(world: CliWorld, message: string, initial: boolean): Promise<boolean> {
  const prompts = await import("@clack/prompts");
  const answer = await prompts.confirm({ ...place(world, message), initialValue: initial });
  if (typeof answer !== "boolean") throw dismissed();
  return answer;
}

export interface Choice {
  readonly label: string;
  readonly value: string;
}

/** One of several; `initial` is where the cursor stands. */
export async function askChoice(
  world: CliWorld,
  message: string,
  { choices, initial }: { readonly choices: readonly Choice[]; readonly initial?: string },
): Promise<string> {
  const prompts = await import("@clack/prompts");
  const answer = await prompts.select({
    ...place(world, message),
    options: choices.map(visibleChoice),
    ...(initial === undefined ? {} : { initialValue: initial }),
  });
  if (typeof answer !== "string") throw dismissed();
  return answer;
}

/** Some of several; none is an answer too. */
export async function askChoices(
  world: CliWorld,
  message: string,
  choices: readonly Choice[],
): Promise<readonly string[]> {
  const prompts = await import("@clack/prompts");
  const options = choices.map(visibleChoice);
  const answer = await prompts.multiselect({ ...place(world, message), options, required: false });
  if (!Array.isArray(answer)) throw dismissed();
  return answer;
}

function visibleChoice({ label, value }: Choice): { label: string; value: string } {
  return { label: visibleText(label), value };
}

function place({ stdin, stderr }: CliWorld, message: string) {
  return { message: visibleText(message), input: stdin, output: stderr };
}

export async function askSecret(world: CliWorld, message: string): Promise<string> {
  const answer = await ask(world, { kind: "password", message });
  if (typeof answer !== "string") throw dismissed();
  return answer;
}

/** Asks twice, as nobody sees what he types. Errors: `invalid_request` when the two differ. */
export async function askNewSecret(world: CliWorld, message: string): Promise<string> {
  const secret = await askSecret(world, message);
  if ((await askSecret(world, `${message}, once more`)) === secret) return secret;
  throw new CodedError("invalid_request", "The two new passwords differ.", { next: "Run it again." });
}

/** Asks before something is lost. Where nobody can be asked the command line itself is the answer. */
export async function confirmLoss(world: CliWorld, options: { readonly message: string; readonly isAgreed: boolean }) {
  if (options.isAgreed || !canAsk(world)) return;
  if ((await ask(world, { kind: "confirm", message: options.message })) !== true) throw dismissed();
}

/** The first line of standard input. */
export async function readSecret(world: CliWorld, what: string): Promise<string> {
  const [secret = ""] = await readSecrets(world, [what]);
  return secret;
}

/** The first lines of standard input, one for each of what is wanted. */
export async function readSecrets(world: CliWorld, wanted: readonly string[]): Promise<readonly string[]> {
  const all = wanted.join(" and the ");
  let text = "";
  for await (const chunk of world.stdin) {
    text += String(chunk);
    if (text.length > secretBytesMax) throw new CodedError("too_large", `The ${all} on standard input is too long.`);
  }
  const lines = text.split(/\r?\n/);
  return wanted.map((what, nth) => {
    const line = lines[nth] ?? "";
    if (line !== "") return line;
    throw new CodedError("invalid_request", `Standard input holds no ${what}.`, {
      next: `Pipe it in, for example: prewarm … < file-with-the-${what.replaceAll(" ", "-")}`,
    });
  });
}
