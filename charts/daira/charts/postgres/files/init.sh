#!/bin/sh
# Makes the database on an empty volume and guards a full one. Runs before every start, in an init container.
#
# Everything is built in a folder beside the final one and moved at the end, so that a start that is interrupted leaves
# either no database or a whole one. The image's own entrypoint is not used: every PostgreSQL image behaves the same.
#
# Reads: PGDATA, EXPECTED_MAJOR; PASSWORD_FILE; SCRIPTS (this folder), INIT_FOLDERS (folders of *.sql and *.sh),
# HBA_FILE. All have the defaults of the chart.
set -eu
umask 077

: "${PGDATA:?}" "${EXPECTED_MAJOR:?}"
SCRIPTS=${SCRIPTS:-/etc/daira/scripts}
INIT_FOLDERS=${INIT_FOLDERS:-/etc/daira/init /etc/daira/init-more}
HBA_FILE=${HBA_FILE:-/etc/postgresql/pg_hba.conf}
PASSWORD_FILE=${PASSWORD_FILE:-/etc/daira/secrets/POSTGRES_PASSWORD}
export PASSWORD_FILE SCRIPTS

say() { echo "daira-postgres: $*"; }
stop_with() { say "$*" >&2; exit 1; }

image_major=$(postgres --version | sed -n 's/^[^0-9]*\([0-9][0-9]*\).*/\1/p')
if [ "$image_major" != "$EXPECTED_MAJOR" ]; then
  stop_with "the image brings PostgreSQL $image_major, but postgres.majorVersion is $EXPECTED_MAJOR. Nothing was changed." \
    "Set postgres.image.tag to a $EXPECTED_MAJOR.x image. To move to $image_major, dump the database with the old version," \
    "install with a new volume and postgres.majorVersion=$image_major, and restore the dump."
fi

if [ -s "$PGDATA/PG_VERSION" ]; then
  data_major=$(cat "$PGDATA/PG_VERSION")
  if [ "$data_major" != "$image_major" ]; then
    stop_with "the volume holds a database of PostgreSQL $data_major and the image brings $image_major, which cannot open it." \
      "Nothing was changed. Set postgres.image.tag and postgres.majorVersion back to $data_major to get your data back;" \
      "to move to $image_major, dump with $data_major and restore into a new volume."
  fi
  # A volume's fsGroup may open the folder to the group, and PostgreSQL refuses to start on such a folder.
  chmod 0700 "$PGDATA"
  say "found a database of PostgreSQL $data_major, nothing to do"
  exit 0
fi

if [ -d "$PGDATA" ] && [ -n "$(ls -A "$PGDATA")" ]; then
  stop_with "$PGDATA holds files but no PG_VERSION, so it is no database that can be opened. Nothing was changed." \
    "Look at what is there; move it away (or delete the volume claim) to start with an empty database."
fi
if [ ! -s "$PASSWORD_FILE" ]; then
  stop_with "the password file $PASSWORD_FILE is missing or empty: the Secret needs a value under POSTGRES_PASSWORD."
fi

volume=$(dirname "$PGDATA")
fresh=$volume/.initialising
if [ -e "$fresh" ]; then
  say "an earlier first start was interrupted: beginning again"
  rm -rf "$fresh"
fi

say "the volume is empty: making a database of PostgreSQL $image_major"
# The superuser has no password at all, so that nobody can log in with it from the network.
initdb --pgdata="$fresh" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
  --auth-local=trust --auth-host=scram-sha-256 --no-instructions

# A temporary server nobody outside this container can reach.
PGHOST=$(mktemp -d)
PGUSER=postgres
PGDATABASE=postgres
export PGHOST PGUSER PGDATABASE
running=no
stop_server() {
  if [ "$running" = yes ]; then
    running=no
    pg_ctl --pgdata="$fresh" --mode=fast --wait --silent stop
  fi
  rm -rf "$PGHOST"
}
trap stop_server EXIT
trap 'exit 143' TERM INT
running=yes
pg_ctl --pgdata="$fresh" --wait --timeout=120 --silent start \
  -o "-c listen_addresses='' -c unix_socket_directories='$PGHOST' -c hba_file='$HBA_FILE' -c huge_pages=off"

sh "$SCRIPTS/roles.sh"

PGDATABASE=daira
for folder in $INIT_FOLDERS; do
  [ -d "$folder" ] || continue
  for script in "$folder"/*; do
    case $script in
      *.sql) say "running ${script##*/}"; psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file="$script" ;;
      *.sh) say "running ${script##*/}"; sh "$script" ;;
      *"/*") ;;
      *) say "leaving out ${script##*/}: only *.sql and *.sh are run" ;;
    esac
  done
done

stop_server
# An empty folder under the final name would make mv put the database inside it.
if [ -d "$PGDATA" ]; then rmdir "$PGDATA"; fi
mv "$fresh" "$PGDATA"
sync "$volume" 2>/dev/null || sync
say "the database is ready"
