#!/bin/sh
# The fake actions runner: waits for a job of the fake forge, runs its steps, reports each, and exits after one job when it is ephemeral.
# Needs sh, curl, sed, awk and base64. What it speaks is the fake forge's own protocol, not GitHub's.
# Usage: run.sh [--jitconfig ENCODED]
set -u
cd "$(dirname "$0")" || exit 1

# How often a report is repeated, once a second, while the forge cannot be reached.
report_attempts=600

say() { echo "$(date -u '+%Y-%m-%d %H:%M:%SZ'): $*"; }

# file_from_jitconfig ENCODED NAME: the content of one file in an encoded JIT configuration.
file_from_jitconfig() {
    # shellcheck disable=SC2020 # Three characters become line ends.
    printf '%s' "$1" | base64 -d | tr ',{}' '\n\n\n' | sed -n "s/^[[:space:]]*\"$2\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p" | base64 -d
}

# field FILE KEY: a text, number or boolean of a flat JSON object.
field() {
    # shellcheck disable=SC2020 # Three characters become line ends.
    tr ',{}' '\n\n\n' < "$1" | sed -n "s/^[[:space:]]*\"$2\"[[:space:]]*:[[:space:]]*\"\{0,1\}\([^\"]*\)\"\{0,1\}[[:space:]]*\$/\1/p" | sed -n 1p
}

if [ "${1:-}" = --jitconfig ]; then
    for name in .runner .credentials .credentials_rsaparams; do
        # shellcheck disable=SC2094 # The name is that of a part of the configuration, not of a file that is read.
        (umask 077 && file_from_jitconfig "$2" "$name" > "$name")
    done
fi
if [ ! -s .runner ] || [ ! -s .credentials_rsaparams ]; then
    echo "Not configured. Run config.sh first." >&2
    exit 1
fi
# Proxies and the like, one KEY=VALUE per line.
if [ -f .env ]; then
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in [A-Za-z_]*=*) export "${line%%=*}=${line#*=}" ;; esac
    done < .env
fi

server=$(field .runner serverUrl)
runner_name=$(field .runner agentName)
work=$(field .runner workFolder)
ephemeral=$(field .runner ephemeral)
temp=$PWD/_temp/$$
(umask 077 && mkdir -p "$temp") || exit 1
headers=$temp/headers reply=$temp/reply status_file=$temp/status
wait_secs=20 heartbeat=10
main=$$ current='' beats='' step='' job='' session='' status=000

# descendants PID: all processes below it.
descendants() {
    cat /proc/[0-9]*/stat 2> /dev/null | awk -v root="$1" '
        { pid = $1; rest = $0; sub(/^.*\) /, "", rest); split(rest, part, " "); parent[pid] = part[2] }
        END {
            below[root] = 1
            do {
                found = 0
                for (pid in parent) if (!(pid in below) && (parent[pid] in below)) { below[pid] = 1; found = 1; print pid }
            } while (found)
        }'
}

# kill_tree SIGNAL PID: the process and everything it started.
kill_tree() {
    [ -n "$2" ] || return 0
    # shellcheck disable=SC2046 # One word per process is what is wanted.
    kill "-$1" "$2" $(descendants "$2") 2> /dev/null
}

# The secret goes through a file, so that no list of processes shows it.
write_headers() {
    (umask 077 && {
        echo "Authorization: Bearer $(field .credentials_rsaparams secret)"
        echo "X-Runner-Session: $session"
    } > "$headers")
}

# request MAX_SECS METHOD PATH [CURL_ARGS]: one request; sets $status (000 = no answer) and leaves the body in $reply.
# Waiting for a child of the shell, and not in it, lets signals through at once.
request() {
    max=$1 method=$2 path=$3
    shift 3
    curl --silent --noproxy '*' --max-time "$max" --request "$method" --header "@$headers" --output "$reply" \
        --write-out '%{http_code}' "$@" "$server$path" > "$status_file" 2> /dev/null &
    current=$!
    wait "$current"
    current=''
    status=$(cat "$status_file")
    status=${status:-000}
}

pause() {
    sleep "$1" &
    current=$!
    wait "$current"
    current=''
}

# report METHOD PATH [CURL_ARGS]: repeats a request until the forge has answered it, whatever the answer.
report() {
    attempts=0
    while [ "$attempts" -lt "$report_attempts" ]; do
        request 30 "$@"
        case $status in 2* | 4*) return 0 ;; esac
        attempts=$((attempts + 1))
        pause 1
    done
    return 1
}

# Tells the forge that this runner is alive, also while a step runs; ends by itself when the runner is killed.
beat() {
    while sleep "$heartbeat" && kill -0 "$main" 2> /dev/null; do
        curl --silent --noproxy '*' --max-time 10 --request POST --header "@$headers" --output /dev/null "$server/_runner/session/heartbeat"
    done
}

leave() {
    kill_tree KILL "$beats"
    rm -rf "$temp"
    exit "$1"
}

# A signal ends the runner: a job that it has begun is cancelled.
stop() {
    trap '' TERM INT HUP
    say "Exiting..."
    [ -n "$current" ] && kill "$current" 2> /dev/null
    if [ -n "$step" ]; then
        kill_tree TERM "$step"
        sleep 0.2
        kill_tree KILL "$step"
    fi
    [ -n "$job" ] && request 5 POST "/_runner/jobs/$job/finished?conclusion=cancelled"
    [ -n "$session" ] && request 5 DELETE /_runner/session
    leave 0
}
trap stop TERM INT HUP

open_session() {
    while :; do
        session=''
        write_headers
        request 30 POST "/_runner/session?version=$(cat bin/version)"
        case $status in
            2*) break ;;
            401 | 403 | 404 | 410)
                say "Failed to create a session. The runner registration has been deleted from the server, please re-configure."
                leave 1
                ;;
        esac
        pause 1
    done
    session=$(sed -n 's/^session //p' "$reply")
    wait_secs=$(sed -n 's/^wait //p' "$reply")
    heartbeat=$(sed -n 's/^heartbeat //p' "$reply")
    write_headers
    kill_tree KILL "$beats"
    beat > /dev/null 2>&1 < /dev/null &
    beats=$!
}

# Runs the steps of the job in $temp/job one after the other until one fails; sets $conclusion.
run_steps() {
    repository=$(sed -n 's/^repository //p' "$temp/job")
    workspace=$PWD/$work/${repository#*/}/${repository#*/}
    mkdir -p "$workspace"
    conclusion=success number=0
    count=$(awk '$1 == "step" { n++ } END { print n + 0 }' "$temp/job")
    while [ "$number" -lt "$count" ]; do
        number=$((number + 1))
        awk -v n="$number" '$1 == "step" && ++k == n { print $2 }' "$temp/job" | base64 -d > "$temp/step.sh"
        (
            export CI=true GITHUB_ACTIONS=true GITHUB_REPOSITORY="$repository" GITHUB_WORKSPACE="$workspace"
            export RUNNER_NAME="$runner_name" RUNNER_OS=Linux RUNNER_TEMP="$temp"
            GITHUB_RUN_ID=$(sed -n 's/^run //p' "$temp/job") && export GITHUB_RUN_ID
            cd "$workspace" && exec sh -e -c "$(cat "$temp/step.sh")"
        ) > "$temp/log" 2>&1 < /dev/null &
        step=$!
        wait "$step"
        code=$?
        step=''
        tail -c 1000000 "$temp/log" > "$temp/log.tail"
        report POST "/_runner/jobs/$job/steps/$number?exit_code=$code" --header 'Content-Type: text/plain' --data-binary "@$temp/log.tail"
        if [ "$code" -ne 0 ]; then
            conclusion=failure
            break
        fi
    done
}

take_job() {
    cp "$reply" "$temp/job"
    offered=$(sed -n 's/^job //p' "$temp/job")
    report POST "/_runner/jobs/$offered/started"
    # The forge took the job back: another runner has it by now.
    case $status in 2*) ;; *) return 0 ;; esac
    job=$offered
    say "Running job: $(sed -n 's/^name //p' "$temp/job" | base64 -d)"
    run_steps
    report POST "/_runner/jobs/$job/finished?conclusion=$conclusion"
    say "Job completed with result: $conclusion"
    job=''
    if [ "$ephemeral" = true ]; then
        rm -f .runner .credentials .credentials_rsaparams
        leave 0
    fi
}

say "Connecting to $server"
open_session
say "Listening for Jobs"
while :; do
    request "$((wait_secs + 15))" GET /_runner/message
    case $status in
        200) take_job ;;
        204) ;;
        409) open_session ;;
        401 | 404 | 410)
            say "The runner registration has been deleted from the server."
            leave 1
            ;;
        *) pause 1 ;;
    esac
done
