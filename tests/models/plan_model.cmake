# SPDX-License-Identifier: Apache-2.0
#
# Plans MODEL at PERCENT (50) of its memory, and reads back what was written. The model comes from the npm package
# PACKAGE and has NODES in its training step, or it is MADE by make_model.py, which says what must be found in it. What
# the program has to say about the model on the standard error must hold SAYS, and be nothing where SAYS is empty.
# SIZES are dimensions, NAME=SIZE with commas between them (a list would come apart on its way here).
cmake_minimum_required(VERSION 3.23)

macro(skip why)
  message(STATUS "SKIPPED: ${why}")
  return()
endmacro()

if(MADE)
  execute_process(COMMAND "${PYTHON}" -c "import onnx" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
  if(NOT status EQUAL 0)
    skip("there is no python3-onnx here")
  endif()
  execute_process(COMMAND "${PYTHON}" "${CMAKE_CURRENT_LIST_DIR}/make_model.py" ${MADE} "${MODEL}" 32
                  WORKING_DIRECTORY "${WORK}" OUTPUT_VARIABLE facts COMMAND_ERROR_IS_FATAL ANY)
  list(GET facts 0 operators)
  list(GET facts 1 fixed)
elseif(NOT NPM)
  skip("there is no npm here")
elseif(NOT EXISTS "${WORK}/${MODEL}")
  execute_process(COMMAND "${NPM}" pack "${PACKAGE}" --silent --fetch-retries=0 --fetch-timeout=60000
                  WORKING_DIRECTORY "${WORK}" TIMEOUT 120
                  RESULT_VARIABLE status OUTPUT_VARIABLE archive ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    skip("${PACKAGE} could not be fetched")
  endif()
  file(ARCHIVE_EXTRACT INPUT "${WORK}/${archive}" DESTINATION "${WORK}")
  file(REMOVE "${WORK}/${archive}")
endif()

set(dimensions)
string(REPLACE "," ";" sizes "${SIZES}")
foreach(size IN LISTS sizes)
  list(APPEND dimensions --dim ${size})
endforeach()

# run(COMMAND...): runs the program. Sets `output`.
function(run)
  execute_process(COMMAND "${PROGRAM}" ${ARGV} WORKING_DIRECTORY "${WORK}"
                  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE said)
  string(FIND "${said}" "${SAYS}" at)
  if(NOT status EQUAL 0 OR at EQUAL -1 OR (said AND NOT SAYS))
    message(FATAL_ERROR "${ARGV}\nended with ${status}:\n${output}${said}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# expect(WHAT FOUND EXPECTED): numbers.
function(expect what found expected)
  if(NOT found EQUAL expected)
    message(FATAL_ERROR "${what}: expected ${expected}, found ${found}")
  endif()
endfunction()

# What `info` says of the model at a batch, as variables: nodes, backward_nodes, peak_memory, fixed_memory.
macro(facts_at batch)
  run(info "${MODEL}" --batch ${batch} ${dimensions} --json)
  foreach(field IN ITEMS nodes backward_nodes peak_memory fixed_memory)
    string(JSON ${field} GET "${output}" ${field})
  endforeach()
endmacro()

facts_at(32)
if(MADE)
  math(EXPR forward "${nodes} - ${backward_nodes} - 1")
  expect("operators of the forward pass" ${forward} ${operators})
  expect("fixed bytes" ${fixed_memory} ${fixed})
else()
  expect("nodes" ${nodes} ${NODES})
endif()
set(whole ${peak_memory})
math(EXPR moving "${peak_memory} - ${fixed_memory}")

if(NOT PERCENT)
  set(PERCENT 50)
endif()
set(plan "${MODEL}.plan.json")
run(plan "${MODEL}" --budget ${PERCENT}% --batch 32 ${dimensions} --strategy greedy --json --out "${plan}")
string(JSON found GET "${output}" peak_memory)
math(EXPR budget "${peak_memory} * ${PERCENT} / 100")
if(found GREATER budget)
  message(FATAL_ERROR "the plan's peak ${found} is more than ${budget}")
endif()
run(check "${MODEL}" "${plan}" --batch 32 ${dimensions})

# Another batch is another graph: half the batch has half the peak, what is fixed apart.
facts_at(16)
math(EXPR percent "100 * (${peak_memory} - ${fixed_memory}) / ${moving}")
if(percent LESS 49 OR percent GREATER 51)
  message(FATAL_ERROR "at half the batch the peak is ${percent} % of the whole one's")
endif()

# In what the batch of 32 takes without recomputation, that batch is the largest that fits without any.
if(MADE)
  run(max-batch "${MODEL}" --memory ${whole} ${dimensions} --strategy checkpoint_all --json)
  string(JSON batch GET "${output}" batch)
  expect("the largest batch in ${whole} bytes" ${batch} 32)
endif()
