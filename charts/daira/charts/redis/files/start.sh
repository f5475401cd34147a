#!/bin/sh
# Starts Redis with the password from the Secret's file, without it ever being in an argument or an environment variable.
# /run/redis is memory of this pod; redis.conf includes the file written here.
set -eu
umask 077
PASSWORD_FILE=${PASSWORD_FILE:-/etc/daira/secrets/REDIS_PASSWORD}
RUN=${RUN:-/run/redis}
CONFIG=${CONFIG:-/etc/redis/redis.conf}

password=$(tr -d '\r\n' < "$PASSWORD_FILE")
if [ -z "$password" ]; then
  echo "daira-redis: the password file $PASSWORD_FILE is empty: the Secret needs a value under REDIS_PASSWORD." >&2
  exit 1
fi
# printf is part of the shell: no process is started that would show the password. In redis.conf a quoted string needs
# its quotes and backslashes escaped.
printf 'requirepass "%s"\n' "$(printf '%s\n' "$password" | sed 's/[\\"]/\\&/g')" > "$RUN/auth.conf"
# For the probes: what this server was started with, even after the Secret has changed.
printf '%s' "$password" > "$RUN/password"

exec redis-server "$CONFIG"
