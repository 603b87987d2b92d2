# SPDX-License-Identifier: Apache-2.0
#
# Runs one case: cmake -D CASE=name -D SCRIPT=file -D SETTINGS=file -P run_case.cmake
cmake_minimum_required(VERSION 3.23)
include("${SETTINGS}")
include("${SCRIPT}")
