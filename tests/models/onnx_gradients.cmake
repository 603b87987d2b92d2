# SPDX-License-Identifier: Apache-2.0
#
# Runs onnx_gradients.py with PROGRAM in the folder WORK, or skips where there is no python3-onnx.
cmake_minimum_required(VERSION 3.23)

execute_process(COMMAND "${PYTHON}" -c "import onnx, numpy" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
if(NOT status EQUAL 0)
  message(STATUS "SKIPPED: there is no python3-onnx here")
  return()
endif()
execute_process(COMMAND "${PYTHON}" "${CMAKE_CURRENT_LIST_DIR}/onnx_gradients.py" "${PROGRAM}" "${WORK}"
                COMMAND_ERROR_IS_FATAL ANY)
