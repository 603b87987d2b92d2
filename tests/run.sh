#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing (Debian packages), builds everything and runs all tests. Run it from anywhere, as often as
# you like; arguments go to ctest (for example: tests/run.sh -R simulate).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/install-deps.sh"
checkmate_install_deps build test

cd "$root"
cmake --preset release >/dev/null
cmake --build --preset release
ctest --preset release --parallel "$(nproc)" "$@"
