import { gitHostOf, isLoopbackHost } from "./git-host.ts";

const address = /^(https?|ssh):\/\/([^/]+)\/[\x21-\x7e]+$/;
/** As scp has it: `git@github.com:ada/dotfiles.git`. */
const shortAddress = /^[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9._][A-Za-z0-9._-]*:[\x21-\x7e]+$/;

/**
 * Why git is not to fetch from this address, as a sentence's second half; undefined when it is. Other transports are left out, since
 * some of them run commands; and so are passwords, which anybody could read who sees the address.
 */
export function repositoryProblem(text: string): string | undefined {
  if (shortAddress.test(text)) return undefined;
  const [, scheme, authority = ""] = address.exec(text) ?? [];
  if (scheme === undefined)
    return "it must be as in https://github.com/ada/dotfiles or git@github.com:ada/dotfiles.git";
  const at = authority.lastIndexOf("@");
  if (authority.slice(0, Math.max(at, 0)).includes(":")) {
    return "it holds a password: link an account with `prewarm git link` instead";
  }
  const host = gitHostOf(authority.slice(at + 1));
  if (host === undefined || authority.startsWith("-")) return "it has no host";
  return scheme === "http" && !isLoopbackHost(host) ? "it must be https, not http" : undefined;
}
