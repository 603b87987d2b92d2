# SPDX-License-Identifier: Apache-2.0
#
# A machine that has Eigen and nothing else: the install finds no component, and no header of the core, used or not,
# includes anything of the optional libraries (each of theirs is poisoned).
run(${CMAKE_COMMAND} -S "${SOURCE}" -B install ${TOOLCHAIN} ${BARE} -DCHECKMATE_BUILD_TESTS=OFF
    -DCHECKMATE_BUILD_BENCH=OFF -DCHECKMATE_BUILD_EXAMPLES=OFF "-DCMAKE_INSTALL_PREFIX=${HERE}/prefix")
foreach(component IN LISTS COMPONENTS)
  expect("checkmate without component ${component}:" "${output}")
endforeach()
expect("apt-get install coinor-libcbc-dev" "${output}")
run(${CMAKE_COMMAND} --install install)
file(GLOB files RELATIVE "${HERE}/prefix/share/cmake/checkmate" "${HERE}/prefix/share/cmake/checkmate/*")
expect("checkmate-config-version.cmake;checkmate-config.cmake;checkmate-targets.cmake" "${files}")
expect_absent("${HERE}/prefix/share/pkgconfig/checkmate-cbc.pc")

foreach(header IN ITEMS CbcModel.hpp CbcSolver.hpp ClpSimplex.hpp OsiClpSolverInterface.hpp OsiSolverInterface.hpp
        CoinPackedMatrix.hpp nlohmann/json.hpp zlib.h glpk.h boost/config.hpp boost/version.hpp boost/graph/graph_traits.hpp
        onnx/onnx_pb.h onnx/shape_inference/implementation.h google/protobuf/message.h)
  file(WRITE "${HERE}/poison/${header}" "#error \"the core included <${header}>\"\n")
endforeach()
list(APPEND STRICT "-I${HERE}/poison")
consumer(build "-DCMAKE_PREFIX_PATH=${HERE}/prefix" ${BARE})
expect("core 8 4 ${VERSION}" "${output}")

file(GLOB_RECURSE headers RELATIVE "${HERE}/prefix/include" "${HERE}/prefix/include/*.hpp")
set(all "")
foreach(header IN LISTS headers)
  string(APPEND all "#include <${header}>\n")
endforeach()
file(WRITE "${HERE}/all.cpp" "${all}")
run(${CMAKE_COMMAND} -S "${PACKAGE_TESTS}/every_core_header" -B every ${TOOLCHAIN} ${BARE}
    "-DCMAKE_PREFIX_PATH=${HERE}/prefix" "-DCMAKE_CXX_FLAGS=-I${HERE}/poison" "-DEVERY=${HERE}/all.cpp")
run(${CMAKE_COMMAND} --build every)

# Asking such an install for a component says how to get one.
run_failing(${CMAKE_COMMAND} -S "${PACKAGE_TESTS}/consumer" -B refused ${TOOLCHAIN} ${BARE}
            "-DCMAKE_PREFIX_PATH=${HERE}/prefix" -DCOMPONENTS=cbc)
expect("checkmate was installed without its component 'cbc': configure it again with -DCHECKMATE_WITH_CBC=ON" "${output}")
run_failing(${CMAKE_COMMAND} -S "${SOURCE}" -B on ${TOOLCHAIN} ${BARE} -DCHECKMATE_BUILD_TESTS=OFF
            -DCHECKMATE_BUILD_BENCH=OFF -DCHECKMATE_BUILD_EXAMPLES=OFF -DCHECKMATE_WITH_CBC=ON)
expect("CHECKMATE_WITH_CBC is ON, but COIN-OR CBC was not found (Debian: apt-get install coinor-libcbc-dev)" "${output}")
