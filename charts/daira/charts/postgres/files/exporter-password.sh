#!/bin/sh
# Prints the password of the role daira_exporter. It is derived from the owner's one way: the exporter never holds a
# password that opens the application's tables, and no further key has to be put into the Secret.
set -eu
PASSWORD_FILE=${PASSWORD_FILE:-/etc/daira/secrets/POSTGRES_PASSWORD}
{ tr -d '\r\n' < "$PASSWORD_FILE"; printf ':daira_exporter'; } | sha256sum | cut -c1-64 | tr -d '\n'
