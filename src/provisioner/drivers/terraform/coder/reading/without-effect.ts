import { fieldsOf, textOf } from "../../json-fields.ts";
import type { ConfiguredBlock } from "./read-blocks.ts";
import type { Finding } from "./finding.ts";

/** Blocks that are accepted and do nothing here, with what that means for who wrote them. */
const blocks: Readonly<Record<string, string>> = {
  coder_app: "it is not shown yet",
  coder_script: "it is not run yet",
  coder_env: "the variable is not set yet",
  coder_metadata: "it is not shown yet",
  coder_devcontainer: "the container is not started",
  coder_ai_task: "there are no tasks",
  coder_external_agent: "start the agent with the script at /api/v2/init-script/OS/ARCH and its token",
  coder_external_auth: "nobody can link an account of it, so its token is empty",
  coder_git_auth: "nobody can link an account of it, so its token is empty",
  coder_secret: "its value is empty",
  coder_script_order: "scripts are not run yet",
};

/** Arguments of an agent that do nothing yet. */
const agentArguments: readonly string[] = [
  "dir",
  "env",
  "startup_script",
  "shutdown_script",
  "motd_file",
  "display_apps",
  "resources_monitoring",
];

/** What of a template has no effect yet, so that nobody looks for it in vain. */
export function withoutEffect(configured: readonly ConfiguredBlock[]): readonly Finding[] {
  return configured.flatMap((block): readonly Finding[] => {
    const words = Object.hasOwn(blocks, block.type) ? blocks[block.type] : undefined;
    if (words !== undefined) return [{ block, reason: `it has no effect yet: ${words}` }];
    if (block.type !== "coder_agent") return [];
    const idle = agentArguments.filter((name) => isSet(fieldsOf(block.fields["expressions"])[name]));
    return idle.length === 0
      ? []
      : [{ block, reason: `${idle.join(", ")} ${idle.length === 1 ? "has" : "have"} no effect yet` }];
  });
}

function isSet(expression: unknown): boolean {
  if (Array.isArray(expression)) return expression.length > 0;
  const fields = fieldsOf(expression);
  return (
    (Object.keys(fields).length > 0 && textOf(fields["constant_value"]) !== "") || fields["references"] !== undefined
  );
}
