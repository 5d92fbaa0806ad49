#!/usr/bin/env bash
# Makes .venv: the whole product, editable, with the tools, at the pinned versions.
# PYTHON=... picks the interpreter; pip's own settings (an index or a folder that
# serves a CPU build of torch) apply.
set -euo pipefail
cd "$(dirname "$0")/.."

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "MultiBO needs Python 3.11 or newer: install python3.11 and python3.11-venv," \
        "or name one: make PYTHON=/path/to/python" >&2
    return 1
}

make_venv() {
    local python
    python=$(find_python)
    # Debian ships the venv module apart; --clear also heals a moved checkout.
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        bash .ci/system.sh python3-venv
    "$python" -m venv --clear .venv
}

usable .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1 || make_venv

pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
# Dependency groups came with pip 25.1.
pip install --quiet --upgrade 'pip>=25.1'
pip install --quiet --editable '.[all,train]' --group dev --constraint constraints.txt
touch .venv/.stamp
