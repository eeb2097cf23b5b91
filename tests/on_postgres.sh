#!/usr/bin/env bash
# Starts a PostgreSQL of our own in a scratch folder, runs pytest against it, and takes it away.
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
dir=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; as=(runuser -u postgres --); fi
stop() { "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -s stop || true; rm -rf "$dir"; }
trap stop EXIT
cd "$dir" && "${as[@]}" "$bin/initdb" -D "$dir/data" -A trust -U afterglow -E UTF8 >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -o "-k $dir -c listen_addresses='' -c fsync=off" \
  -l "$dir/log" -s -w start
cd "$OLDPWD"
# the folder stands in for the host: connections go through its socket, nothing listens on the net
chmod 755 "$dir"
DATABASE_URL="postgres://afterglow@${dir//\//%2F}/afterglow" .venv/bin/python -m pytest "$@"
