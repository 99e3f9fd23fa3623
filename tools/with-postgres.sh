#!/usr/bin/env bash
# Run a command with a private PostgreSQL server, named by DATABASE_URL, that goes away afterwards.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
DATABASE_URL=$("$here/postgres.sh" start | tail -n 1)
export DATABASE_URL
trap '"$here/postgres.sh" stop >/dev/null 2>&1 || true' EXIT
"$@"
