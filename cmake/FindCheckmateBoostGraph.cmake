# SPDX-License-Identifier: Apache-2.0
#
# The headers of Boost.Graph as CheckmateBoostGraph::CheckmateBoostGraph; nothing of it that we use needs linking. A
# parent project's own Boost comes first. The variables are ours: a project's search for Boost is left alone.
if(NOT TARGET CheckmateBoostGraph::CheckmateBoostGraph)
  if(TARGET Boost::graph)
    set(CheckmateBoostGraph_WHERE "target Boost::graph")
  else()
    unset(CheckmateBoostGraph_WHERE)
    find_path(CheckmateBoostGraph_INCLUDE_DIR boost/graph/graph_traits.hpp)
    mark_as_advanced(CheckmateBoostGraph_INCLUDE_DIR)
    if(CheckmateBoostGraph_INCLUDE_DIR)
      set(CheckmateBoostGraph_WHERE "${CheckmateBoostGraph_INCLUDE_DIR}")
    endif()
  endif()
  if(CheckmateBoostGraph_WHERE)
    add_library(CheckmateBoostGraph::CheckmateBoostGraph INTERFACE IMPORTED)
    if(TARGET Boost::graph)
      target_link_libraries(CheckmateBoostGraph::CheckmateBoostGraph INTERFACE Boost::graph)
    else()
      target_include_directories(CheckmateBoostGraph::CheckmateBoostGraph SYSTEM INTERFACE
                                 "${CheckmateBoostGraph_INCLUDE_DIR}")
    endif()
  endif()
else()
  set(CheckmateBoostGraph_WHERE "an existing target")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CheckmateBoostGraph REQUIRED_VARS CheckmateBoostGraph_WHERE)
