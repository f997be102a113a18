#!/bin/sh
# Checks what the fake actions runner needs. It installs nothing: every machine that could unpack it has these.
missing=''
for tool in curl sed awk base64 tail; do
    command -v "$tool" > /dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
    echo "Can't find:$missing" >&2
    exit 1
fi
echo "Finish Install Dependencies"
