# SPDX-License-Identifier: Apache-2.0
#
# CBC after 2.10, told by a header that only it has, is refused in a sentence; what needs Clp alone compiles beside it.
if(NOT cbc IN_LIST COMPONENTS_BUILT OR NOT PKG_CONFIG)
  skip("component cbc was not built here, or there is no pkg-config")
endif()
run("${PKG_CONFIG}" --cflags cbc osi-clp)
separate_arguments(coin UNIX_COMMAND "${output}")
foreach(name IN ITEMS cbc clp osi)
  file(WRITE "${HERE}/${name}.cpp" "#include <checkmate/solvers/${name}.hpp>\n")
endforeach()
set(compile "${CXX}" -std=c++20 -fsyntax-only "-I${PREFIX}/include" ${EIGEN_FLAGS} ${coin})
run(${compile} cbc.cpp)

file(WRITE "${HERE}/newer/CbcParameters.hpp" "")
run_failing(${compile} -Inewer cbc.cpp)
expect("needs CBC up to 2.10" "${output}")
run(${compile} -Inewer clp.cpp)
run(${compile} -Inewer osi.cpp)
