#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the package and runs its tests with real PyTorch on the CPU, in a virtual environment of its own (6 GB, 2 minutes;
# kept for the next run where CHECKMATE_TORCH_VENV names it). Where PyPI cannot be reached it says so and tests nothing;
# with CHECKMATE_REQUIRE_TORCH set that is a failure. Arguments go to pytest.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${CHECKMATE_TORCH_VENV:-$here/../../build/torch-venv}
python=${PYTHON:-python3}

not_run() {
  echo "examples/pytorch: ################################################################"
  echo "examples/pytorch: THE TESTS WITH PYTORCH WERE NOT RUN: $1"
  echo "examples/pytorch: ################################################################"
  [ -z "${CHECKMATE_REQUIRE_TORCH:-}" ] || exit 1
  exit 0
}

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv" || not_run "$python cannot make a virtual environment"
if ! "$venv/bin/python" -c 'import torch, torchvision, timm, transformers, pytest, nanobind, scikit_build_core' 2>/dev/null; then
  "$venv/bin/pip" install -q --retries 2 --timeout 30 torch torchvision timm transformers pytest nanobind scikit-build-core \
    cmake ninja || not_run "PyPI cannot be reached, or lacks a package"
fi
"$venv/bin/pip" install -q --no-build-isolation --no-deps "$here"
cd "$here/tests" # not beside the sources: what is tested is what was installed
OMP_NUM_THREADS=1 "$venv/bin/python" -m pytest -q -p no:cacheprovider "$@"
