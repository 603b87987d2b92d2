# SPDX-License-Identifier: Apache-2.0
#
# find_package(checkmate CONFIG REQUIRED COMPONENTS io): links and runs.
if(NOT io IN_LIST COMPONENTS_BUILT)
  skip("component io was not built here")
endif()
consumer(build "-DCMAKE_PREFIX_PATH=${PREFIX}" -DCOMPONENTS=io)
expect("io 3" "${output}")
