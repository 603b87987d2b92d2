# SPDX-License-Identifier: Apache-2.0
#
# -ffast-math and its like, under g++ and clang++ where they are there: what is NaN or infinite is refused at run time
# all the same, and plans are found.
set(compilers "${CXX}")
foreach(other IN ITEMS g++ clang++)
  find_program(found_${other} ${other})
  string(REPLACE "+" "[+]" pattern "/${other}(-[0-9]+)?$")
  if(found_${other} AND NOT CXX MATCHES "${pattern}")
    list(APPEND compilers "${found_${other}}")
  endif()
endforeach()
foreach(compiler IN LISTS compilers)
  run("${compiler}" -std=c++20 -O2 -ffast-math "-I${PREFIX}/include" ${EIGEN_FLAGS}
      "${PACKAGE_TESTS}/fast_math/main.cpp" -o fast_math -pthread)
  run("${HERE}/fast_math")
endforeach()
