# SPDX-License-Identifier: Apache-2.0
#
# The library's targets: checkmate::checkmate is the core; every other component is one entry of the table below and
# becomes an option CHECKMATE_WITH_<NAME>, a target checkmate::<name>, an installed component and a pkg-config file.
# Nothing here sets a flag, a warning or a standard beyond what consumers need.

# checkmate_component(name FINDER package LINKS target... HEADERS file... MISSING text WHAT text
#                     [PC_REQUIRES module...] [PC_LIBS flag...] [PC_CFLAGS flag...])
#   FINDER       a find module of ours (cmake/Find<package>.cmake, installed with us); it makes the targets in LINKS
#   HEADERS      below include/checkmate: a public header belongs to the component whose dependency it needs
#   MISSING      the sentence for those who lack the dependency: what was not found, what to install
#   PC_REQUIRES  pkg-config modules that the component's .pc file asks for
#   PC_LIBS      what to link, for libraries without a pkg-config module; with neither of the two there is no .pc file
#   PC_CFLAGS    what to compile with beside the headers' place
macro(checkmate_component name)
  cmake_parse_arguments(CHECKMATE_${name} "" "FINDER;MISSING;WHAT" "LINKS;HEADERS;PC_REQUIRES;PC_LIBS;PC_CFLAGS" ${ARGN})
  list(TRANSFORM CHECKMATE_${name}_HEADERS PREPEND include/checkmate/)
  list(APPEND CHECKMATE_COMPONENTS ${name})
  string(TOUPPER ${name} _upper)
  set(CHECKMATE_WITH_${_upper} AUTO CACHE STRING "${CHECKMATE_${name}_WHAT}: AUTO, ON or OFF")
  set_property(CACHE CHECKMATE_WITH_${_upper} PROPERTY STRINGS AUTO ON OFF)
endmacro()

checkmate_component(cbc
  WHAT "The COIN-OR CBC, Clp and Osi backends"
  FINDER CoinCbc
  LINKS CoinCbc::CoinCbc
  HEADERS solvers/cbc.hpp solvers/clp.hpp solvers/osi.hpp solvers/coin/coin.hpp
    solvers/coin/cbc_events.hpp solvers/coin/cbc_run.hpp
  MISSING "COIN-OR CBC was not found (Debian: apt-get install coinor-libcbc-dev)"
  PC_REQUIRES cbc osi-clp clp osi coinutils)

checkmate_component(glpk
  WHAT "The GLPK backend"
  FINDER CheckmateGlpk
  LINKS CheckmateGlpk::CheckmateGlpk
  HEADERS solvers/glpk.hpp solvers/glpk/session.hpp
  MISSING "GLPK was not found (Debian: apt-get install libglpk-dev)"
  PC_LIBS -lglpk)

checkmate_component(io
  WHAT "The file readers (nlohmann_json, zlib)"
  FINDER CheckmateIoDeps
  LINKS nlohmann_json::nlohmann_json ZLIB::ZLIB
  HEADERS io/json.hpp io/json_graph.hpp io/json_schedule.hpp io/json_cursor.hpp
    io/json_document.hpp io/gzip.hpp
  MISSING "nlohmann_json or zlib was not found (Debian: apt-get install nlohmann-json3-dev zlib1g-dev)"
  PC_REQUIRES nlohmann_json zlib)

checkmate_component(onnx
  WHAT "The reader of ONNX models"
  FINDER CheckmateOnnx
  LINKS CheckmateOnnx::CheckmateOnnx
  HEADERS io/onnx.hpp io/onnx_model.hpp io/onnx_guard.hpp io/onnx_integers.hpp
  MISSING "ONNX or protobuf was not found (Debian: apt-get install libonnx-dev libprotobuf-dev)"
  PC_REQUIRES protobuf
  PC_LIBS -lonnx -lonnx_proto
  PC_CFLAGS -DONNX_NAMESPACE=onnx -DONNX_ML=1)

checkmate_component(boost_graph
  WHAT "The adapter to Boost.Graph"
  FINDER CheckmateBoostGraph
  LINKS CheckmateBoostGraph::CheckmateBoostGraph
  HEADERS adapters/boost_graph.hpp
  MISSING "Boost.Graph was not found (Debian: apt-get install libboost-graph-dev)")

function(checkmate_add_core_target)
  if(NOT TARGET Eigen3::Eigen)
    # Unversioned on purpose: Eigen 5 refuses a request for 3.4, and 3.4 refuses a range.
    find_package(Eigen3 CONFIG QUIET)
    if(NOT TARGET Eigen3::Eigen OR Eigen3_VERSION VERSION_LESS 3.4)
      message(FATAL_ERROR "checkmate needs Eigen 3.4 or newer (Debian: apt-get install libeigen3-dev)")
    endif()
  endif()
  file(GLOB_RECURSE headers RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS
       "${PROJECT_SOURCE_DIR}/include/checkmate/*.hpp")
  foreach(component IN LISTS CHECKMATE_COMPONENTS)
    list(REMOVE_ITEM headers ${CHECKMATE_${component}_HEADERS})
  endforeach()
  add_library(checkmate INTERFACE)
  add_library(checkmate::checkmate ALIAS checkmate)
  target_sources(checkmate INTERFACE FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_compile_features(checkmate INTERFACE cxx_std_20)
  target_link_libraries(checkmate INTERFACE Eigen3::Eigen)
endfunction()

# AUTO: with the component where its dependency is found. ON: an error where it is not.
function(checkmate_add_component_target name)
  string(TOUPPER ${name} upper)
  if(CHECKMATE_WITH_${upper} STREQUAL "OFF")
    return()
  endif()
  set(package ${CHECKMATE_${name}_FINDER})
  find_package(${package} QUIET MODULE)
  if(NOT ${package}_FOUND)
    if(CHECKMATE_WITH_${upper} STREQUAL "ON")
      message(FATAL_ERROR "CHECKMATE_WITH_${upper} is ON, but ${CHECKMATE_${name}_MISSING}")
    endif()
    message(STATUS "checkmate without component ${name}: ${CHECKMATE_${name}_MISSING}")
    return()
  endif()
  add_library(checkmate_${name} INTERFACE)
  add_library(checkmate::${name} ALIAS checkmate_${name})
  set_target_properties(checkmate_${name} PROPERTIES EXPORT_NAME ${name})
  target_sources(checkmate_${name} INTERFACE FILE_SET HEADERS BASE_DIRS include FILES ${CHECKMATE_${name}_HEADERS})
  target_link_libraries(checkmate_${name} INTERFACE checkmate ${CHECKMATE_${name}_LINKS})
endfunction()

function(checkmate_add_targets)
  checkmate_add_core_target()
  foreach(component IN LISTS CHECKMATE_COMPONENTS)
    checkmate_add_component_target(${component})
  endforeach()
endfunction()
