#!/usr/bin/env bash
# Makes sure that programs of the system are there: .ci/system.sh [PROGRAM=]PACKAGE...
# Installs what is missing where that needs no question (root, or sudo without a
# password, and apt-get), else asks for it by name. Never fails: what stays missing
# is skipped by its tests on a laptop and fails them in CI.
set -euo pipefail

missing=()
for pair in "$@"; do
    [[ $pair == *=* ]] && command -v "${pair%%=*}" >/dev/null && continue
    missing+=("${pair#*=}")
done
((${#missing[@]})) || exit 0

as_root=()
((EUID == 0)) || as_root=(sudo -n)
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
    echo "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -qq || true
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        >/dev/null && exit 0
fi
echo "please install: ${missing[*]} (Debian's names; tests that need them are skipped)" >&2
