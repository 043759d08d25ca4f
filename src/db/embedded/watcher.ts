/** How long PostgreSQL may take for a fast shutdown before the watcher ends it at once (it then recovers at its next start). */
export const shutdownLimitSeconds = 15;

/**
 * A shell that starts PostgreSQL and watches over its own standard input, which is a pipe from the server process.
 * When that process ends, in whatever way, the kernel closes the pipe, and PostgreSQL is shut down (`SIGINT`: fast).
 * So a server that is killed never leaves a database behind. A shell instead of Node: it costs 1 MB and 1 ms, it is
 * on every supported system, and needs no file of ours that the account could be unable to read.
 *
 * `$0` is the name that `ps` shows, `$1` the socket folder to remove after a shutdown, the rest the command.
 */
export const watcherScript = `
sockets=$1; shift
stopping=
trap 'stopping=1' TERM
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
( trap - TERM; while read -r line; do :; done; kill -TERM $$ ) <&3 3<&- >/dev/null 2>&1 &
reader=$!
exec 3<&- </dev/null
wait $child
status=$?
if [ -n "$stopping" ]; then
  kill -INT $child 2>/dev/null
  ( nap=; trap 'kill $nap; exit 0' TERM; sleep ${shutdownLimitSeconds} & nap=$!; wait $nap; kill -QUIT $child ) >/dev/null 2>&1 &
  limit=$!
  trap '' TERM
  wait $child
  status=$?
  kill $limit 2>/dev/null
  rm -rf "$sockets"
fi
kill $reader 2>/dev/null
exit $status
`;
