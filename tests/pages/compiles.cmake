# SPDX-License-Identifier: Apache-2.0
#
# Compiles the first C++ program of PAGE, a Markdown file, against the headers in STAND_IN.
cmake_minimum_required(VERSION 3.23)
file(READ "${PAGE}" page)
string(FIND "${page}" "```cpp\n" first)
if(first EQUAL -1)
  message(FATAL_ERROR "${PAGE} shows no program")
endif()
string(SUBSTRING "${page}" ${first} -1 page)
string(SUBSTRING "${page}" 7 -1 page)
string(FIND "${page}" "```" last)
string(SUBSTRING "${page}" 0 ${last} program)
file(WRITE "${WORK}/program.cpp" "${program}\nstatic_assert(checkmate::linear_backend<highs>);\n")
execute_process(COMMAND "${CXX}" -std=c++20 -Wall -Wextra -Werror -fsyntax-only "-I${INCLUDE}" -isystem "${EIGEN}"
                        -isystem "${STAND_IN}" "${WORK}/program.cpp"
                RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "the program of ${PAGE} does not compile:\n${output}")
endif()
