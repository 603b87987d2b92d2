#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Compile time of the umbrella header beside <Eigen/Core> and <iostream>, per compiler: the median of five, in
# processor time (so that whatever else the machine does counts little), and its ratio to Eigen/Core's.
# Run: bench/compile_time.sh [compiler...]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -ra eigen <<<"$(pkg-config --cflags eigen3)"

printf '#include <checkmate/checkmate.hpp>\nint main() {}\n' >"$work/umbrella.cpp"
printf '#include <Eigen/Core>\nint main() {}\n' >"$work/eigen.cpp"
printf '#include <iostream>\nint main() {}\n' >"$work/iostream.cpp"

# One compilation in milliseconds. The three sources take turns, so that a drift of the machine meets all of them.
once() {
  local TIMEFORMAT='%U %S'
  { time "$1" -std=c++20 -O2 -I"$root/include" "${eigen[@]}" -c "$work/$2.cpp" -o "$work/$2.o"; } 2>"$work/took"
  awk '{ printf "%.0f\n", 1000 * ($1 + $2) }' "$work/took" >>"$work/$2.$1"
}
median() { sort -n "$1" | sed -n 3p; }

echo '| compiler | iostream ms | Eigen/Core ms | checkmate.hpp ms | umbrella / Eigen |'
echo '| --- | ---: | ---: | ---: | ---: |'
for compiler in "${@:-g++}"; do
  for _ in 1 2 3 4 5; do
    for source in iostream eigen umbrella; do once "$compiler" "$source"; done
  done
  i=$(median "$work/iostream.$compiler") e=$(median "$work/eigen.$compiler") u=$(median "$work/umbrella.$compiler")
  echo "| $compiler | $i | $e | $u | $(awk "BEGIN { printf \"%.2f\", $u / $e }") |"
done
