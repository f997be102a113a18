#!/bin/sh
# The service of the fake actions runner. It needs neither root nor systemd: `start` leaves a process behind and notes its number.
# Usage: svc.sh install [USER] | start | stop | status | uninstall
set -u
cd "$(dirname "$0")" || exit 1

is_running() { [ -s .service.pid ] && kill -0 "$(cat .service.pid)" 2> /dev/null; }

stop_service() {
    is_running || return 0
    pid=$(cat .service.pid)
    kill -TERM "$pid" 2> /dev/null
    waited=0
    while kill -0 "$pid" 2> /dev/null && [ "$waited" -lt 100 ]; do
        sleep 0.1
        waited=$((waited + 1))
    done
    kill -KILL "$pid" 2> /dev/null
    rm -f .service.pid
}

case ${1:-} in
    install)
        cp bin/runsvc.sh runsvc.sh && chmod 755 runsvc.sh || exit 1
        echo "actions.runner.$(uname -n).service" > .service
        ;;
    start)
        [ -f .service ] || { echo "not installed" >&2 && exit 1; }
        is_running && exit 0
        mkdir -p _diag
        (trap '' HUP && exec ./runsvc.sh) > _diag/service.log 2>&1 < /dev/null &
        echo $! > .service.pid
        ;;
    stop) stop_service ;;
    status) if is_running; then echo "active (running)"; else echo "inactive (dead)" && exit 3; fi ;;
    uninstall)
        stop_service
        rm -f .service runsvc.sh
        ;;
    *)
        echo "Usage: svc.sh install [user] | start | stop | status | uninstall" >&2
        exit 1
        ;;
esac
