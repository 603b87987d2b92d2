# SPDX-License-Identifier: Apache-2.0
#
# Compilers told to do what the library cannot: the first thing said is why. What it can live with, it compiles with.
set(compile "${CXX}" -std=c++20 -fsyntax-only -fmax-errors=1 "-I${PREFIX}/include" ${EIGEN_FLAGS})
foreach(header IN ITEMS checkmate/checkmate.hpp checkmate/core/error.hpp checkmate/graph/lower.hpp checkmate/planning/strategy.hpp)
  file(WRITE "${HERE}/no_exceptions.cpp" "#include <${header}>\n")
  run_failing(${compile} -fno-exceptions no_exceptions.cpp)
  string(REGEX MATCH "error: [^\n]*" first "${output}")
  expect("checkmate reports misuse by exceptions: compile without -fno-exceptions" "${first}")
endforeach()

file(WRITE "${HERE}/old.cpp" "#include <checkmate/checkmate.hpp>\n")
run_failing(${compile} -std=c++17 old.cpp)
string(REGEX MATCH "error: [^\n]*" first "${output}")
expect("checkmate needs C++20: compile with -std=c++20 or newer" "${first}")

run(${compile} -fno-rtti old.cpp)
