# SPDX-License-Identifier: Apache-2.0
#
# find_package(checkmate CONFIG REQUIRED COMPONENTS onnx): links and runs.
if(NOT onnx IN_LIST COMPONENTS_BUILT)
  skip("component onnx was not built here")
endif()
consumer(build "-DCMAKE_PREFIX_PATH=${PREFIX}" -DCOMPONENTS=onnx)
expect("onnx 48" "${output}")
