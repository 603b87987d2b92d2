# SPDX-License-Identifier: Apache-2.0
#
# find_package(checkmate CONFIG REQUIRED COMPONENTS boost_graph): links and runs.
if(NOT boost_graph IN_LIST COMPONENTS_BUILT)
  skip("component boost_graph was not built here")
endif()
consumer(build "-DCMAKE_PREFIX_PATH=${PREFIX}" -DCOMPONENTS=boost_graph)
expect("boost_graph 3" "${output}")
