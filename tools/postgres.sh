#!/bin/sh
# A private PostgreSQL 15 for the tests: `tools/postgres.sh start` prints its DATABASE_URL,
# `tools/postgres.sh stop` takes it away again. It listens on a free loopback port, lives in a
# temporary folder and runs as the system user `postgres`, because the server refuses root.
set -eu

MARK="${TMPDIR:-/tmp}/kilter-postgres.$(id -u)"

as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

binaries() {
    for folder in /usr/lib/postgresql/15/bin /usr/lib/postgresql/*/bin; do
        if [ -x "$folder/initdb" ]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
    if [ -f "$MARK" ]; then
        folder=$(sed -n 1p "$MARK")
        if as_postgres "$(binaries)/pg_ctl" -D "$folder/data" status >/dev/null 2>&1; then
            sed -n 2p "$MARK"
            return
        fi
        stop
    fi
    if ! binaries >/dev/null; then
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql; } >&2
    fi
    bin=$(binaries)
    folder=$(mktemp -d "${TMPDIR:-/tmp}/kilter-postgres.XXXXXX")
    [ "$(id -u)" = 0 ] && chown postgres "$folder"
    password=$(python3 -c 'import secrets; print(secrets.token_hex(16))')
    (umask 077; printf '%s\n' "$password" > "$folder/password")
    [ "$(id -u)" = 0 ] && chown postgres "$folder/password"
    port=$(free_port)
    cd /
    as_postgres "$bin/initdb" -D "$folder/data" -U kilter -A scram-sha-256 --pwfile="$folder/password" \
        -E UTF8 --locale=C.UTF-8 >/dev/null
    as_postgres "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 \
        -o "-h 127.0.0.1 -p $port -k $folder -c max_connections=60" start >/dev/null
    url="postgresql://kilter:$password@127.0.0.1:$port/postgres"
    (umask 077; printf '%s\n%s\n' "$folder" "$url" > "$MARK")
    echo "$url"
}

stop() {
    [ -f "$MARK" ] || return 0
    folder=$(sed -n 1p "$MARK")
    cd /
    as_postgres "$(binaries)/pg_ctl" -D "$folder/data" -m fast -w stop >/dev/null 2>&1 || true
    case "$folder" in
        */kilter-postgres.??????) rm -rf "$folder" ;;
    esac
    rm -f "$MARK"
}

case "${1:-}" in
    start) start ;;
    stop) stop ;;
    *) echo "usage: tools/postgres.sh start|stop" >&2; exit 2 ;;
esac
