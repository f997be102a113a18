#!/bin/sh
# Holds this provider to garm's contract: makes and removes machines in a directory that is thrown away afterwards.
# Options are passed on, for example: ./check.sh --format json. GARM names another garm than the one in PATH.
set -eu
cd "$(dirname "$0")"@BUILD@
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
printf 'state_dir=%s\n' "$dir/machines" >"$dir/provider.conf"
"${GARM:-garm}" provider check "$PWD/@EXECUTABLE@" --config "$dir/provider.conf" --live "$@"
