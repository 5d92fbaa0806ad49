#!/bin/sh
# Prints the SHA-256 of everything the built page is made from, comments of the protos aside. build.sh records it
# beside the page, and a test compares: a page older than its sources does not pass.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")"
{
    cat build.sh package-lock.json tsconfig.json index.html style.css icon.svg styles/*.css src/*.ts
    sed -e 's,[[:space:]]*//.*$,,' ../../proto/multibo/v1/*.proto | grep -v '^[[:space:]]*$'
} | sha256sum | cut -d ' ' -f 1
