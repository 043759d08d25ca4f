/**
 * What tools leave in the folder they work in. Never of use in a template, and often huge, full of links, or holding the
 * secrets of whoever has tried it there; they come last, so that nothing takes them back.
 */
export const neverPacked: readonly string[] = [
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

/** The file in a template's folder that says what else stays out; its rules are those of a `.gitignore`. */
export const ignoreFileName = ".prewarmignore";
