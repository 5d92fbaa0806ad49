#!/bin/sh
# Regenerates gen/python from multibo/v1 with the pinned generator (requirements.txt).
# `make proto` calls this. PYTHON names the interpreter that makes the generator's environment.
set -eu

cd "$(dirname "$0")/.."
venv="${MULTIBO_PROTO_VENV:-.venv-proto}"
if ! "$venv/bin/python" -c 'import grpc_tools' 2>/dev/null; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r proto/requirements.txt
fi

out=proto/gen/python
package="$out/multibo/v1"
mkdir -p "$package"
rm -f "$package"/*_pb2.py "$package"/*_pb2.pyi "$package"/*_pb2_grpc.py
# protoc derives imports from the paths it is given: path = package = import.
"$venv/bin/python" -m grpc_tools.protoc -I proto \
    --python_out="$out" --pyi_out="$out" proto/multibo/v1/*.proto
"$venv/bin/python" -m grpc_tools.protoc -I proto \
    --grpc_python_out="$out" proto/multibo/v1/*_service.proto
printf '"""The wire contract of MultiBO, generated from proto/multibo/v1; never edited."""\n' > "$package/__init__.py"
: > "$package/py.typed"
