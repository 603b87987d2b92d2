# SPDX-License-Identifier: Apache-2.0
#
# Plans MODEL of the npm package PACKAGE at half its memory, and reads back what was written.
cmake_minimum_required(VERSION 3.23)
macro(skip why)
  message(STATUS "SKIPPED: ${why}")
  return()
endmacro()

if(NOT NPM)
  skip("there is no npm here")
endif()
if(NOT EXISTS "${WORK}/${MODEL}")
  execute_process(COMMAND "${NPM}" pack "${PACKAGE}" --silent --fetch-retries=0 --fetch-timeout=60000
                  WORKING_DIRECTORY "${WORK}" TIMEOUT 120
                  RESULT_VARIABLE status OUTPUT_VARIABLE archive ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    skip("${PACKAGE} could not be fetched")
  endif()
  file(ARCHIVE_EXTRACT INPUT "${WORK}/${archive}" DESTINATION "${WORK}")
  file(REMOVE "${WORK}/${archive}")
endif()

function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY "${WORK}"
                  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE trouble)
  if(NOT status EQUAL 0 OR trouble)
    message(FATAL_ERROR "${ARGV}\nended with ${status}:\n${output}${trouble}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run("${PROGRAM}" info "${MODEL}" --batch 32 ${SIZES} --json)
string(JSON nodes GET "${output}" nodes)
string(JSON peak GET "${output}" peak_memory)
if(NOT nodes EQUAL NODES)
  message(FATAL_ERROR "expected ${NODES} nodes, found ${nodes}")
endif()
run("${PROGRAM}" plan "${MODEL}" --budget 50% --batch 32 ${SIZES} --strategy greedy --json --out plan.json)
string(JSON found GET "${output}" peak_memory)
math(EXPR half "${peak} / 2")
if(found GREATER half)
  message(FATAL_ERROR "the plan's peak ${found} is more than ${half}")
endif()
run("${PROGRAM}" check "${MODEL}" plan.json --batch 32 ${SIZES})
# Another batch is another graph: half the batch has about half the peak.
run("${PROGRAM}" info "${MODEL}" --batch 16 ${SIZES} --json)
string(JSON smaller GET "${output}" peak_memory)
math(EXPR percent "100 * ${smaller} / ${peak}")
if(percent LESS 48 OR percent GREATER 55)
  message(FATAL_ERROR "at half the batch the peak is ${percent} % of the whole one's")
endif()
