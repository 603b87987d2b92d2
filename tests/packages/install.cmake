# SPDX-License-Identifier: Apache-2.0
#
# Installs the library as its users do, then moves the tree: whatever remembered the first place breaks every other test.
file(REMOVE_RECURSE "${PREFIX}")
run(${CMAKE_COMMAND} -S "${SOURCE}" -B build ${TOOLCHAIN} -DCHECKMATE_BUILD_TESTS=OFF -DCHECKMATE_BUILD_BENCH=OFF
    -DCHECKMATE_BUILD_EXAMPLES=OFF)
run(${CMAKE_COMMAND} --build build)
run(${CMAKE_COMMAND} --install build --prefix "${HERE}/prefix")
file(RENAME "${HERE}/prefix" "${PREFIX}")

# No installed text names the place it was built in or first installed to.
file(GLOB_RECURSE texts "${PREFIX}/share/*.cmake" "${PREFIX}/share/*.pc")
foreach(text IN LISTS texts)
  file(READ "${text}" content)
  foreach(place IN ITEMS "${SOURCE}" "${HERE}")
    expect_no("${place}" "${content}")
  endforeach()
endforeach()

# Every public header is there, whatever component it belongs to, unless its component could not be built.
file(GLOB_RECURSE headers RELATIVE "${SOURCE}/include" "${SOURCE}/include/*.hpp")
file(GLOB_RECURSE installed RELATIVE "${PREFIX}/include" "${PREFIX}/include/*")
list(REMOVE_ITEM headers ${installed})
if(headers AND COMPONENTS STREQUAL COMPONENTS_BUILT)
  message(FATAL_ERROR "not installed: ${headers}")
endif()
