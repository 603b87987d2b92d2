#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Whether the working tree plans the same as COMMIT, step for step: the lines of tests/plans/fingerprints.cpp of both,
# compared. COMMIT must have that program. Prints the lines that differ, the first hundred of them.
#
#   tests/plans/compare.sh COMMIT [PROBLEMS]
set -euo pipefail
cd "$(dirname "$0")/../.."
commit=${1:?which commit to compare with}
work=$(mktemp -d)
trap 'git worktree remove --force "$work/before" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

git worktree add --quiet --detach "$work/before" "$commit"
lines() {  # lines SOURCE NAME: configures, builds and runs the program of a source tree
  cmake -S "$1" -B "$work/$2-build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCHECKMATE_BUILD_BENCH=OFF >/dev/null
  cmake --build "$work/$2-build" --target plan_fingerprints >/dev/null
  "$work/$2-build/tests/plan_fingerprints" "${@:3}" >"$work/$2.txt"
}
lines "$work/before" before "${@:2}"
lines . after "${@:2}"
if diff "$work/before.txt" "$work/after.txt" >"$work/difference.txt"; then
  echo "the same: $(wc -l <"$work/after.txt") plans"
else
  head -100 "$work/difference.txt"
  exit 1
fi
