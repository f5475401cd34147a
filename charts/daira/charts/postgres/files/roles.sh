#!/bin/sh
# Makes the roles and the database, or brings their passwords in line with the Secret. Safe to run again at any time:
#   kubectl exec <release>-postgres-0 -- sh /etc/daira/scripts/roles.sh
# is how a changed POSTGRES_PASSWORD reaches a database that exists already.
set -eu
export PASSWORD_FILE="${PASSWORD_FILE:-/etc/daira/secrets/POSTGRES_PASSWORD}"
export SCRIPTS="${SCRIPTS:-/etc/daira/scripts}"

# psql itself reads the password from the file: it is in no argument and no variable of a process. The settings keep the
# statements that carry it out of the log, of pg_stat_activity and of pg_stat_statements.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres <<'SQL'
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET track_activities = off;
SET pg_stat_statements.track = 'none';
SET password_encryption = 'scram-sha-256';
\set password `tr -d '\r\n' < "$PASSWORD_FILE"`
\set exporter_password `sh "$SCRIPTS/exporter-password.sh"`

SELECT 'CREATE ROLE daira LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'daira') \gexec
SELECT 'CREATE ROLE daira_exporter LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'daira_exporter') \gexec
ALTER ROLE daira PASSWORD :'password';
ALTER ROLE daira_exporter PASSWORD :'exporter_password' CONNECTION LIMIT 5;
GRANT pg_monitor TO daira_exporter;

SELECT 'CREATE DATABASE daira OWNER daira' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'daira') \gexec
REVOKE ALL ON DATABASE daira FROM PUBLIC;
GRANT CONNECT ON DATABASE daira TO daira_exporter;
\connect daira
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
SQL
