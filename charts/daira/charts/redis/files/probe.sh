#!/bin/sh
# probe.sh ready: Redis answers PONG, so it takes commands.
# probe.sh alive: it answers at all; while it loads its data from the volume a restart would only begin the loading again.
# redis-cli ends with 0 even when the answer is an error, so the answer itself is looked at.
set -eu
RUN=${RUN:-/run/redis}
# In the environment of this process and redis-cli alone; as an argument every process list would show it.
REDISCLI_AUTH=$(cat "$RUN/password")
export REDISCLI_AUTH
answer=$(redis-cli -h 127.0.0.1 -p "${PORT:-6379}" ping 2>&1) || true
case "$1:$answer" in
  ready:PONG | alive:PONG | alive:*LOADING* | alive:*BUSY*) exit 0 ;;
esac
echo "$answer"
exit 1
