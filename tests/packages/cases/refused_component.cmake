# SPDX-License-Identifier: Apache-2.0
#
# A component that there is not, or that lacks its library: a sentence that says what to do, and the core all the same
# where the component was optional.
run_failing(${CMAKE_COMMAND} -S "${PACKAGE_TESTS}/consumer" -B unknown ${TOOLCHAIN} "-DCMAKE_PREFIX_PATH=${PREFIX}"
            -DCOMPONENTS=highs)
expect("checkmate has no component 'highs' (it has: cbc, glpk, io" "${output}")

if(NOT cbc IN_LIST COMPONENTS_BUILT)
  skip("component cbc was not built here")
endif()
run_failing(${CMAKE_COMMAND} -S "${PACKAGE_TESTS}/consumer" -B lacking ${TOOLCHAIN} ${BARE}
            "-DCMAKE_PREFIX_PATH=${PREFIX}" -DCOMPONENTS=cbc)
expect("checkmate's component 'cbc': COIN-OR CBC was not found (Debian: apt-get install coinor-libcbc-dev)" "${output}")

run(${CMAKE_COMMAND} -S "${PACKAGE_TESTS}/optional_component" -B optional ${TOOLCHAIN} "-DCMAKE_PREFIX_PATH=${PREFIX}"
    "-DEigen3_DIR=${EIGEN_DIR}")

run_failing(${CMAKE_COMMAND} -S "${PACKAGE_TESTS}/consumer" -B no_eigen ${TOOLCHAIN} "-DCMAKE_PREFIX_PATH=${PREFIX}"
            -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON)
expect("checkmate needs Eigen 3.4 or newer (Debian: apt-get install libeigen3-dev)" "${output}")
