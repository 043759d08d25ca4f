import ignore from "ignore";

/** Whether a path (relative, with `/`) is left out of the archive. */
export type IgnoreRule = (path: string, isFolder: boolean) => boolean;

/**
 * What tools leave in the folder they work in. Never of use in a template, and often huge, full of links, or holding the
 * secrets of whoever has tried it there; they come last, so that nothing takes them back.
 */
const alwaysIgnored = [
  ".git",
  ".hg",
  ".svn",
  ".jj",
  "node_modules",
  "__pycache__",
  ".venv",
  ".DS_Store",
  ".prewarm",
  ".prewarm-unpacking-*",
  // Of Terraform and OpenTofu. Not `.terraform.lock.hcl`, which pins the providers.
  ".terraform",
  ".terragrunt-cache",
  "*.tfstate",
  "*.tfstate.*",
  "terraform.tfstate.d",
  "*.tfplan",
  ".terraformrc",
  "terraform.rc",
  "crash.log",
  "crash.*.log",
];

/** The rules of a `.prewarmignore`, which are those of a `.gitignore`, and what is always left out. */
export function parseIgnoreFile(text: string): IgnoreRule {
  const rules = ignore({ ignorecase: false }).add(text).add(alwaysIgnored);
  return (path, isFolder) => rules.ignores(isFolder ? `${path}/` : path);
}
