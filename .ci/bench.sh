#!/usr/bin/env bash
# Every measurement, one after the other, into benchmarks/results; `make bench`.
# Takes its time on 2 cores; leave the machine alone meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
results=benchmarks/results
python=.venv/bin/python
mkdir -p "$results"

"$python" -m benchmarks.overhead --out "$results/overhead.json"
"$python" -m benchmarks.speed --out "$results/speed.json"
export OMP_NUM_THREADS=1
"$python" -m multibo.evaluation bench preferences run
"$python" -m multibo.evaluation bench preferences run --rivals botorch-qeubo --out "$results/preference-botorch.jsonl"
"$python" -m multibo.evaluation bench preferences table
"$python" -m multibo.evaluation bench preferences plot
"$python" -m multibo.evaluation bench preferences costs
unset OMP_NUM_THREADS
"$python" -m multibo.evaluation judges --out "$results"
"$python" -m multibo.evaluation seeds --target seed --out "$results"
"$python" benchmarks/load.py --out "$results"
"$python" benchmarks/load.py --flat-memory --out "$results"
"$python" benchmarks/latency.py --out "$results"
