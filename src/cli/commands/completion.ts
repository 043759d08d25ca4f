import { defineCommand } from "../command.ts";
import { completionScripts, type Shell, shells } from "../completion/scripts.ts";
import { exitCodes } from "../exit-codes.ts";

export const completionCommand = defineCommand<{ readonly shell: Shell }>({
  usage: "completion <shell>",
  summary: "print what makes your shell complete prewarm's commands, options and names",
  notes:
    "bash: put `source <(prewarm completion bash)` into ~/.bashrc. " +
    "zsh: `prewarm completion zsh > ~/.zfunc/_prewarm`, with `fpath=(~/.zfunc $fpath)` before `compinit` in ~/.zshrc. " +
    "fish: `prewarm completion fish > ~/.config/fish/completions/prewarm.fish`. `prewarm` has to be in PATH. Names of " +
    "workspaces, templates, presets and contexts come from the server that you are signed in to, within half a second.",
  example: "prewarm completion bash",
  operandChoices: { shell: shells },
  read(input) {
    const shell = shells.find((one) => one === input.operand(0));
    return { shell: shell ?? input.refuse(`"${input.operand(0)}" is no shell that is known: ${shells.join(", ")}.`) };
  },
  async run({ shell }, { output }) {
    const script = completionScripts[shell];
    output.result({ shell, script }, () => script);
    return exitCodes.done;
  },
});
