#!/bin/sh
# Keeps the present PATH and locale for the runner. Install scripts source it, so it must neither exit nor set shell options.
for variable in LANG JAVA_HOME ANT_HOME M2_HOME; do
    eval "value=\${$variable:-}"
    # shellcheck disable=SC2154 # Set by the eval above.
    if [ -n "$value" ] && ! grep -qs "^$variable=" .env; then
        echo "$variable=$value" >> .env
    fi
done
echo "$PATH" > .path
