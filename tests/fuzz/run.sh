#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the fuzz targets (preset `fuzz`) and runs each for some seconds, two at a time, from the corpus that is
# committed. What a run finds lies in build/fuzz/found/; a finding ends this with an error.
#
#   tests/fuzz/run.sh [SECONDS [TARGET...]]      (30 seconds; all targets)
#
# CHECKMATE_FUZZ_SEED (1) chooses the inputs: with the same seed, runs of the same programs meet the same ones, as a
# rule (what looks at the clock may cover a little more or less), up to where the clock ends them. So what fails in
# CI is seldom luck. 0 takes another seed each time.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-30}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(size planning graph schedule onnx)

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"
mkdir -p build/fuzz/found

# New inputs go to a folder of their own, so that the committed corpus stays small. It begins empty, and
# is not read again every second (-reload=0): what an earlier run left, and moments that the clock chooses, lead
# runs with the same seed to different inputs.
fuzz() {
  local own=build/fuzz/corpus/$1
  rm -rf "$own"
  mkdir -p "$own"
  build/fuzz/tests/fuzz/fuzz_"$1" -seed="${CHECKMATE_FUZZ_SEED:-1}" -max_total_time="$seconds" -max_len=4096 \
    -reload=0 -timeout=25 -rss_limit_mb=3000 -print_final_stats=1 -artifact_prefix="build/fuzz/found/$1-" "$own" tests/fuzz/corpus/"$1" \
    >build/fuzz/found/"$1".log 2>&1 && status=0 || status=$?
  if [ "$status" -ne 0 ]; then
    echo "fuzz $1: a finding" && tail -n 60 build/fuzz/found/"$1".log
    return 1
  fi
  echo "fuzz $1: $(grep -o 'number_of_executed_units: .*' build/fuzz/found/"$1".log | tr -s ' ') in $seconds s"
}

failed=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
  fuzz "${targets[i]}" & first=$!
  if ((i + 1 < ${#targets[@]})); then fuzz "${targets[i + 1]}" || failed=1; fi
  wait "$first" || failed=1
done
exit "$failed"
