#!/bin/sh
# What the service of the fake actions runner starts; lies in bin/ and is copied beside run.sh when the service is installed.
cd "$(dirname "$0")" || exit 1
[ -x ./run.sh ] || cd .. || exit 1
exec ./run.sh
