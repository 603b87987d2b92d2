#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The first five minutes: installs what is missing (Debian packages), builds the command-line program, and plans one
# real training step of ResNet-50 in half of the memory that it takes without recomputation. Run it from anywhere, as
# often as you like; arguments go to `checkmate plan` (for example: examples/quickstart.sh --time-limit 60).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/install-deps.sh"
checkmate_install_deps build

cd "$root"
# Where no locale is set (a container, say), one that has the characters of the tables.
[ -n "${LC_ALL:-}${LC_CTYPE:-}${LANG:-}" ] || export LC_ALL=C.UTF-8

build=build/quickstart
[ -x "$build/examples/cli/checkmate" ] || echo "Building the command-line program in $build (about a minute)"
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCHECKMATE_BUILD_TESTS=OFF \
  -DCHECKMATE_BUILD_BENCH=OFF >/dev/null
cmake --build "$build" --target checkmate-cli >"$build/build.log" || { cat "$build/build.log" >&2; exit 1; }

# What the caller does not say: each option may be given once.
for default in --budget=50% --time-limit=10 --out=out/resnet50_b64.schedule.json --svg=out/resnet50_b64.svg; do
  case " $*" in
    *" ${default%%=*}"*) ;;
    *) set -- "$default" "$@" ;;
  esac
done

mkdir -p out
"$build/examples/cli/checkmate" plan examples/data/torch/resnet50_b64.json.gz "$@"
