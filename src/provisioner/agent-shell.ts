import { keepShieldedScript } from "../contracts/shielded-variables.ts";

/**
 * Pieces of the scripts that fetch the agent and become it, or keep it running. They need `say` and `fail`: the first says
 * a sentence, and the second says one and ends the shell that it is called in.
 */

/**
 * What the image and the template set for the workspace's own programs must not reach the agent, nor what fetches it: a
 * preloaded file that is not there, a debugger's port, a proxy for the world outside. The agent gives it back to them.
 */
export const keepShielded = String.raw`
have() { command -v "$1" >/dev/null 2>&1; }

${keepShieldedScript}
`;

export const obtainAgent = String.raw`
# The bundle where Node is new enough; else the executable, which brings its own Node and leans on glibc.
choose_agent() {
  if have node && node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null; then
    file_name=prewarm-agent.mjs
    return
  fi
  [ "$(uname -s)" = Linux ] || fail "this is $(uname -s) without Node 20 or newer, and the agent's executable is for Linux. Install Node."
  case "$(uname -m)" in
    x86_64 | amd64) architecture=x64 loader=/lib64/ld-linux-x86-64.so.2 ;;
    aarch64 | arm64) architecture=arm64 loader=/lib/ld-linux-aarch64.so.1 ;;
    *) fail "there is no agent executable for $(uname -m). Install Node 20 or newer in the image." ;;
  esac
  [ -e "$loader" ] ||
    fail "this system has no glibc (it may be Alpine or another one with musl), which the agent's executable needs. Install Node 20 or newer in the image, or use one with glibc 2.28 or newer, such as Debian."
  file_name=prewarm-agent-linux-$architecture
}

# download URL FILE
download() {
  if have curl; then
    compressed=
    case "$(curl --version)" in *libz*) compressed=--compressed ;; esac
    curl -fsS $compressed --connect-timeout 10 --max-time 600 -o "$2" "$1"
  elif have wget; then
    # Without -T: busybox 1.35 dies of it. Both wgets give a silent server up after 900 s by themselves.
    wget -q -O "$2" "$1"
  elif have python3; then
    python3 -c '
import gzip, shutil, sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Accept-Encoding": "gzip"})
with urllib.request.urlopen(request, timeout=60) as answer, open(sys.argv[2], "wb") as out:
    packed = answer.headers.get("Content-Encoding") == "gzip"
    shutil.copyfileobj(gzip.GzipFile(fileobj=answer) if packed else answer, out)
' "$1" "$2"
  elif have busybox; then
    busybox wget -q -O "$2" "$1"
  else
    fail "the agent cannot be fetched: there is neither curl, wget nor python3. Install one of them in the image."
  fi
}

# Prints the SHA-256 of a file; nothing where no program can tell it.
sum_of() {
  if have sha256sum; then sha256sum "$1" | cut -d ' ' -f 1
  elif have python3; then python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
  elif have openssl; then openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  fi
}

# Has the wanted agent at $target; fails when it cannot be had now.
obtain() {
  url="$PREWARM_URL/bin/$file_name"
  part="$target.$$"
  download "$url.sha256" "$part" || return 1
  wanted="$(cut -d ' ' -f 1 <"$part")"
  if [ -x "$target" ] && [ "$(sum_of "$target")" = "$wanted" ]; then return 0; fi
  download "$url" "$part" || return 1
  got="$(sum_of "$part")"
  if [ -n "$got" ] && [ "$got" != "$wanted" ]; then
    say "$url came with the checksum $got instead of $wanted"
    return 1
  fi
  chmod 700 "$part" && mv -f "$part" "$target"
}
`;
