# SPDX-License-Identifier: Apache-2.0
#
# find_package(checkmate CONFIG REQUIRED COMPONENTS glpk): links and runs.
if(NOT glpk IN_LIST COMPONENTS_BUILT)
  skip("component glpk was not built here")
endif()
consumer(build "-DCMAKE_PREFIX_PATH=${PREFIX}" -DCOMPONENTS=glpk)
expect("glpk 5" "${output}")
