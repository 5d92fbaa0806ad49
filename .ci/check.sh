#!/usr/bin/env bash
# Every gate that needs no running stack; `make check` and CI run this file.
# All gates run, whatever fails first; the last line says which ones failed.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
failed=()

gate() {
    local name=$1
    shift
    echo "== $name"
    "$@" || failed+=("$name")
}

types() {
    local folder options=()
    for folder in services/multibo/*/ clients/python/multibo/*/; do
        folder=${folder%/}
        [[ -f $folder/__init__.py ]] && options+=(-p "multibo.${folder##*/}")
    done
    "$bin/mypy" "${options[@]}"
}

breaking() {
    # Against the published main branch; nothing to compare with before the first push.
    git rev-parse -q --verify origin/main:proto/buf.yaml >/dev/null 2>&1 || return 0
    "$bin/buf" breaking proto --against '.git#ref=origin/main,subdir=proto'
}

gate "ruff check" "$bin/ruff" check .
gate "ruff format" "$bin/ruff" format --check .
gate "mypy" types
gate "imports" "$bin/lint-imports"
gate "buf lint" "$bin/buf" lint proto
gate "buf breaking" breaking
gate "architecture" "$bin/python" -m pytest tests/architecture -q

if ((${#failed[@]})); then
    printf 'check FAILED:' && printf ' [%s]' "${failed[@]}" && echo
    exit 1
fi
echo "check passed"
