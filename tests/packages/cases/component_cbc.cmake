# SPDX-License-Identifier: Apache-2.0
#
# find_package(checkmate CONFIG REQUIRED COMPONENTS cbc): links and runs.
if(NOT cbc IN_LIST COMPONENTS_BUILT)
  skip("component cbc was not built here")
endif()
consumer(build "-DCMAKE_PREFIX_PATH=${PREFIX}" -DCOMPONENTS=cbc)
expect("cbc 5" "${output}")
