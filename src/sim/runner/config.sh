#!/bin/sh
# Registers the fake actions runner with the fake forge, or removes it. Takes the options of the real config.sh that install scripts use.
# Usage: config.sh --url URL --token TOKEN [--name N] [--labels A,B] [--runnergroup G] [--work DIR] [--ephemeral] [--no-default-labels]
#        config.sh remove [--token TOKEN | --local]
# The token may be in ACTIONS_RUNNER_INPUT_TOKEN instead, as with the real one.
set -u
cd "$(dirname "$0")" || exit 1

fail() {
    echo "$*" >&2
    exit 1
}

verb=configure
case ${1:-} in
    remove) verb=remove && shift ;;
    configure) shift ;;
esac
url='' token=${ACTIONS_RUNNER_INPUT_TOKEN:-} name=$(uname -n) labels='' group='' work=_work ephemeral=false default_labels=true replace=false local=false
while [ $# -gt 0 ]; do
    case $1 in
        --unattended | --disableupdate) ;;
        --url) url=$2 && shift ;;
        --token) token=$2 && shift ;;
        --name) name=$2 && shift ;;
        --labels) labels=$2 && shift ;;
        --runnergroup) group=$2 && shift ;;
        --work) work=$2 && shift ;;
        --ephemeral) ephemeral=true ;;
        --no-default-labels) default_labels=false ;;
        --replace) replace=true ;;
        --local) local=true ;;
        *) fail "Unrecognized command-line input arguments: '$1'." ;;
    esac
    shift
done

temp=$PWD/_temp/config.$$
(umask 077 && mkdir -p "$temp") || exit 1
trap 'rm -rf "$temp"' EXIT
# The token goes through a file, so that no list of processes shows it a second time.
(umask 077 && echo "Authorization: RemoteAuth $token" > "$temp/headers")

# post SERVER PATH [CURL_ARGS]: sets $status and leaves the body in $temp/reply.
post() {
    server=$1 path=$2
    shift 2
    status=$(curl --silent --noproxy '*' --max-time 30 --request POST --header "@$temp/headers" --output "$temp/reply" \
        --write-out '%{http_code}' "$@" "$server$path")
}

field() {
    # shellcheck disable=SC2020 # Three characters become line ends.
    tr ',{}' '\n\n\n' < "$1" | sed -n "s/^[[:space:]]*\"$2\"[[:space:]]*:[[:space:]]*\"\{0,1\}\([^\"]*\)\"\{0,1\}[[:space:]]*\$/\1/p" | sed -n 1p
}

forget() { rm -f .runner .credentials .credentials_rsaparams; }

if [ "$verb" = remove ]; then
    if [ -s .runner ] && [ "$local" = false ]; then
        post "$(field .runner serverUrl)" /_runner/remove --data-urlencode "url=$(field .runner gitHubUrl)" --data-urlencode "id=$(field .runner agentId)"
        case $status in 2* | 404) ;; *) fail "Failed: Removing runner from the server: HTTP $status $(cat "$temp/reply" 2> /dev/null)" ;; esac
    fi
    forget
    echo "Runner removed successfully"
    exit 0
fi

[ -s .runner ] && fail "Cannot configure the runner because it is already configured. To reconfigure the runner, run './config.sh remove' first."
[ -n "$url" ] || fail "Invalid configuration provided for url. Terminating unattended configuration."
[ -n "$token" ] || fail "Invalid configuration provided for token. Terminating unattended configuration."
server=$(printf '%s' "$url" | sed 's|^\([a-z]*://[^/]*\).*|\1|')
post "$server" /_runner/register --data-urlencode "url=$url" --data-urlencode "name=$name" --data-urlencode "labels=$labels" \
    --data-urlencode "group=$group" --data-urlencode "work=$work" --data-urlencode "ephemeral=$ephemeral" \
    --data-urlencode "default_labels=$default_labels" --data-urlencode "replace=$replace"
case $status in
    2*) ;;
    *) fail "Http response code: $status from 'POST $server/_runner/register' $(cat "$temp/reply" 2> /dev/null)" ;;
esac
for file in .runner .credentials .credentials_rsaparams; do
    (umask 077 && awk -v file="$file" '$1 == file { print $2 }' "$temp/reply" | base64 -d > "$file")
done
echo "Runner successfully added"
echo "Settings Saved."
