/** The first of these that may be executed is run, in the folder that the owner names. */
export const installScripts = [
  "install.sh",
  "install",
  "bootstrap.sh",
  "bootstrap",
  "script/bootstrap",
  "setup.sh",
  "setup",
  "script/setup",
] as const;

/** What a repository has for itself and its forge, and no home wants. */
const notLinked = [".gitignore", ".gitattributes", ".gitmodules"] as const;
const foldersNotLinked = [".git", ".github"] as const;

const aside = String.raw`
# Moves $1 out of the way, to a name that nothing has.
aside() {
  kept="$1.before-dotfiles-$PREWARM_DOTFILES_STAMP"
  while [ -e "$kept" ] || [ -L "$kept" ]; do kept="$kept-"; done
  mv "$1" "$kept"
  echo "$1 is kept as $kept"
}
`;

const linker = String.raw`${aside}
for file; do
  name="\${file#./}"
  from="$PWD/$name"
  to="\${PREWARM_DOTFILES_HOME:-$HOME}/$name"
  there="$(readlink "$to" || :)"
  if [ "$there" = "$from" ]; then continue; fi
  mkdir -p "$(dirname "$to")"
  case "$there" in
    # Left by a run before, of what the repository had then.
    "$PREWARM_DOTFILES"/*) rm "$to" ;;
    *) if [ -e "$to" ] || [ -L "$to" ]; then aside "$to"; fi ;;
  esac
  ln -s "$from" "$to"
  echo "linked ~/$name"
done
`.replaceAll("\\$", "$");

/**
 * For `sh -e`: has the repository in PREWARM_DOTFILES, as it is now, and installs it. What a person has changed there stays:
 * where it is in the way, git says so. The links of files, and not of folders, leave what programs add to a folder
 * out of the repository.
 */
export const dotfilesScript = String.raw`
PREWARM_DOTFILES_STAMP="$(date -u +%Y%m%dT%H%M%SZ)"
export PREWARM_DOTFILES_STAMP
fail() { echo "$*" >&2; exit 1; }
${aside}
command -v git >/dev/null 2>&1 || fail "git is not in the image"
clone="$PREWARM_DOTFILES"
repository="$PREWARM_DOTFILES_REPOSITORY"
branch="$PREWARM_DOTFILES_BRANCH"

if [ -d "$clone/.git" ] && [ "$(git -C "$clone" config remote.origin.url)" = "$repository" ]; then
  echo "fetching $repository"
  git -C "$clone" fetch --quiet origin
  if [ -z "$branch" ]; then
    git -C "$clone" remote set-head origin --auto >/dev/null
    branch="$(git -C "$clone" rev-parse --abbrev-ref origin/HEAD)"
    branch="\${branch#origin/}"
  fi
  git -C "$clone" checkout --quiet "$branch" --
  git -C "$clone" merge --quiet --ff-only "origin/$branch"
else
  echo "cloning $repository"
  mkdir -p "$(dirname "$clone")"
  # Beside its place until it is whole, so that what is cut off is begun anew.
  rm -rf "$clone.new"
  git clone --quiet \${branch:+--branch "$branch"} -- "$repository" "$clone.new"
  if [ -e "$clone" ] || [ -L "$clone" ]; then aside "$clone"; fi
  mv "$clone.new" "$clone"
fi
if [ -f "$clone/.gitmodules" ]; then git -C "$clone" submodule --quiet update --init --recursive; fi

cd "$clone/$PREWARM_DOTFILES_FOLDER" || fail "the repository has no folder $PREWARM_DOTFILES_FOLDER"
for script in ${installScripts.join(" ")}; do
  [ -f "$script" ] || continue
  if [ -x "$script" ]; then
    echo "running $script"
    exec "./$script"
  fi
  echo "$script may not be executed (git update-index --chmod=+x $script), and is passed over"
done
echo "no script to run: linking dot-files"
find . \( ${foldersNotLinked.map((name) => `-name ${name}`).join(" -o ")} \) -prune -o -path './.*' \
  ${notLinked.map((name) => `! -path ./${name}`).join(" ")} \( -type f -o -type l \) -exec sh -ec "$PREWARM_DOTFILES_LINKER" linker {} +
`.replaceAll("\\$", "$");

export const dotfilesLinker = linker;
