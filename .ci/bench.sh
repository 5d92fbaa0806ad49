#!/usr/bin/env bash
# The measurements, one after the other, into benchmarks/results; `make bench`.
# Takes its time on 2 cores; leave the machine alone meanwhile. Faults have a verb of
# their own; reach and calibration take longer still: `python -m multibo.evaluation`.
set -euo pipefail
cd "$(dirname "$0")/.."
results=benchmarks/results
python=.venv/bin/python
mkdir -p "$results"

"$python" -m benchmarks.overhead --out "$results/overhead.json"
"$python" -m benchmarks.overhead_kinds --out "$results/overhead_kinds.json"
"$python" -m benchmarks.speed --out "$results/speed.json"
(
    export OMP_NUM_THREADS=1
    "$python" -m multibo.evaluation bench preferences run
    "$python" -m multibo.evaluation bench preferences run --rivals botorch-qeubo --out "$results/preference-botorch.jsonl"
    "$python" -m multibo.evaluation bench preferences table
    "$python" -m multibo.evaluation bench preferences plot
    "$python" -m multibo.evaluation bench preferences costs
)
"$python" -m multibo.evaluation judges --out "$results"
"$python" -m multibo.evaluation seeds --target seed --out "$results"
"$python" benchmarks/load.py --out "$results"
"$python" benchmarks/load.py --flat-memory --out "$results"
"$python" benchmarks/latency.py --out "$results"
"$python" benchmarks/previews.py --out "$results"
"$python" benchmarks/speculation.py --out "$results"
"$python" benchmarks/fleet_check.py --workers 1,2,4 --out "$results/fleet.json"
