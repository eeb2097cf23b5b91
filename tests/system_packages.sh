#!/usr/bin/env bash
# Makes sure Chromium, PostgreSQL and poppler are here, from the system's packages, and says so.
# Without the right to install it names the one command to type; it never skips.
set -euo pipefail
missing=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing+=(chromium)
command -v pdftoppm >/dev/null || missing+=(poppler-utils)
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing+=(postgresql)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ]; then sudo=(); else sudo=(sudo -n); fi
echo "Installing for the tests, from the system's packages: ${missing[*]}"
if ! { "${sudo[@]}" apt-get update -qq && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
       apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }; then
  echo "The tests need ${missing[*]}. Type: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
