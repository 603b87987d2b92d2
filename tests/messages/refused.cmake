# SPDX-License-Identifier: Apache-2.0
#
# Compiles CASE, which must fail with the sentence that it expects in its first error.
cmake_minimum_required(VERSION 3.23)
file(STRINGS "${CASE}" expected REGEX "^// expect: ")
string(REPLACE "// expect: " "" expected "${expected}")
execute_process(COMMAND "${CXX}" -std=c++20 -fsyntax-only "-I${INCLUDE}" -isystem "${EIGEN}" "${CASE}"
                RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(status EQUAL 0)
  message(FATAL_ERROR "this should not compile")
endif()
string(REGEX MATCH "error: [^\n]*" first "${output}")
string(FIND "${first}" "${expected}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "expected in the first error:\n  ${expected}\nfound:\n  ${first}\nall of it:\n${output}")
endif()
