#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Which lines of include/ the tests run: builds them with gcc's counters, runs them, and prints line coverage a file and
# every line that was not run. Takes some 15 minutes of one core; arguments go to ctest. The labels packages and
# messages are left out, as their programs are built elsewhere, and slow.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/install-deps.sh"
checkmate_install_deps build test

cd "$root"
cmake --preset coverage >/dev/null
cmake --build --preset coverage
find build/coverage -name '*.gcda' -delete
failed=0
ctest --preset coverage --parallel "$(nproc)" -LE 'packages|messages|slow' "$@" || failed=1
python3 tests/coverage_report.py build/coverage include
exit $failed
