import { fieldsOf } from "../../json-fields.ts";
import type { ConfiguredBlock } from "./read-blocks.ts";
import type { Finding } from "./finding.ts";

/** Blocks that are accepted and do nothing here, with what that means for who wrote them. */
const blocks: Readonly<Record<string, string>> = {
  coder_devcontainer: "the container is not started",
  coder_ai_task: "there are no tasks",
  coder_external_agent: "start the agent with the script at /api/v2/init-script/OS/ARCH and its token",
  coder_external_auth: "nobody can link an account of it, so its token is empty",
  coder_git_auth: "nobody can link an account of it, so its token is empty",
  coder_secret: "its value is empty",
  coder_script_order: "scripts run all at once",
};

/** Arguments of an agent that do nothing yet. */
const agentArguments: readonly string[] = ["display_apps", "resources_monitoring"];

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
  if (fields["references"] !== undefined) return true;
  const constant = fields["constant_value"];
  if (Array.isArray(constant)) return constant.length > 0;
  return Object.keys(fields).length > 0 && constant !== null && constant !== "";
}
