import { completionWord, filesExitCode } from "./complete.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/**
 * What each shell needs in order to ask `prewarm` itself, which alone knows its commands. The program is the one in PATH:
 * a Tab must not run whatever lies in the folder one has just come to. Works with the bash 3.2 of macOS.
 */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `# Completion of prewarm for bash.
_prewarm() {
  local reply line
  COMPREPLY=()
  reply="$(prewarm ${completionWord} bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null)"
  if [ $? -eq ${filesExitCode} ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
    return 0
  fi
  [ -n "$reply" ] || return 0
  while IFS= read -r line; do COMPREPLY+=("$line"); done <<<"$reply"
}
complete -F _prewarm prewarm`,
  zsh: `#compdef prewarm
# Completion of prewarm for zsh.
_prewarm() {
  local -a before values about
  local reply line
  (( CURRENT > 2 )) && before=("\${(@Q)words[2,CURRENT-1]}")
  reply="$(prewarm ${completionWord} zsh "\${before[@]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)"
  if [[ $? -eq ${filesExitCode} ]]; then
    _files
    return
  fi
  for line in "\${(@f)reply}"; do
    [[ -n $line ]] || continue
    values+=("\${line%%$'\\t'*}")
    about+=("\${line/$'\\t'/  -- }")
  done
  (( $#values )) && compadd -l -d about -a -- values
}
if [[ "\${funcstack[1]}" == _prewarm ]]; then
  _prewarm "$@"
else
  compdef _prewarm prewarm
fi`,
  fish: `# Completion of prewarm for fish.
function __prewarm_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l reply (prewarm ${completionWord} fish $words "$current" 2>/dev/null </dev/null)
    if test $status -eq ${filesExitCode}
        __fish_complete_path "$current"
        return
    end
    test (count $reply) -gt 0; and printf '%s\\n' $reply
end
complete -c prewarm -f -a '(__prewarm_complete)'`,
};
