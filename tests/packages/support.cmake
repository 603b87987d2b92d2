# SPDX-License-Identifier: Apache-2.0
#
# What the package tests share: commands that must succeed or fail, consumer projects built from scratch.
set(HERE "${SCRATCH}/${CASE}")
file(REMOVE_RECURSE "${HERE}")
file(MAKE_DIRECTORY "${HERE}")

# Ends the script; ctest reports the test as skipped.
macro(skip why)
  message(STATUS "SKIPPED: ${why}")
  return()
endmacro()

# run(COMMAND...): runs it, here; stops the test with everything it printed if it fails. Sets `output`.
function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY "${HERE}"
                  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " line)
    message(FATAL_ERROR "${line}\nended with ${status}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# run_failing(COMMAND...): the opposite; sets `output`.
function(run_failing)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY "${HERE}"
                  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(status EQUAL 0)
    list(JOIN ARGV " " line)
    message(FATAL_ERROR "${line}\nshould have failed, but printed:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# expect(TEXT VALUE): VALUE must contain TEXT, wherever a message was wrapped.
function(expect text value)
  string(REGEX REPLACE "[ \t\r\n]+" " " flat "${value}")
  string(FIND "${flat}" "${text}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "expected to read\n  ${text}\nin\n${value}")
  endif()
endfunction()

function(expect_no text value)
  string(REGEX REPLACE "[ \t\r\n]+" " " flat "${value}")
  string(FIND "${flat}" "${text}" at)
  if(NOT at EQUAL -1)
    message(FATAL_ERROR "did not expect to read\n  ${text}\nin\n${value}")
  endif()
endfunction()

function(expect_absent path)
  if(EXISTS "${path}")
    message(FATAL_ERROR "${path} should not be there")
  endif()
endfunction()

# The arguments that every configure run of a consumer has; our own compiler and generator, nothing else of this build.
set(TOOLCHAIN -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}" "-DCMAKE_CXX_COMPILER=${CXX}")

# consumer(BUILD argument...): configures and builds tests/packages/consumer in HERE/BUILD, with warnings as errors, and
# runs the programs it made. Sets `output` to what they printed.
function(consumer build)
  list(JOIN STRICT " " flags)
  run(${CMAKE_COMMAND} -S "${PACKAGE_TESTS}/consumer" -B "${HERE}/${build}" ${TOOLCHAIN}
      "-DCMAKE_CXX_FLAGS=${flags}" "-DVERSION=${VERSION}" ${ARGN})
  run(${CMAKE_COMMAND} --build "${HERE}/${build}")
  file(GLOB programs "${HERE}/${build}/bin/*")
  if(NOT programs)
    message(FATAL_ERROR "the consumer made no program")
  endif()
  set(printed "")
  foreach(program IN LISTS programs)
    run("${program}")
    string(APPEND printed "${output}")
  endforeach()
  set(output "${printed}" PARENT_SCOPE)
endfunction()

# A place from which nothing is found but Eigen: no COIN-OR, no zlib, no nlohmann_json, no Boost, no pkg-config.
file(WRITE "${SCRATCH}/bare.cmake" "set(CMAKE_IGNORE_PREFIX_PATH \"/;/usr;/usr/local;/opt\" CACHE STRING \"\")
set(CMAKE_DISABLE_FIND_PACKAGE_PkgConfig ON CACHE BOOL \"\")
set(Eigen3_DIR \"${EIGEN_DIR}\" CACHE PATH \"\")\n")
set(BARE -C "${SCRATCH}/bare.cmake")
