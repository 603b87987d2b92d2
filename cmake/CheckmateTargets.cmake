# SPDX-License-Identifier: Apache-2.0
#
# The library's targets, one a component: checkmate::checkmate (core), checkmate::cbc, checkmate::io.
# Nothing here sets a flag, a warning or a standard beyond what consumers need.

# A public header belongs to the component whose dependency it needs; everything else is core.
set(CHECKMATE_CBC_HEADERS include/checkmate/solvers/cbc.hpp include/checkmate/solvers/clp.hpp
                          include/checkmate/solvers/coin.hpp)
set(CHECKMATE_IO_HEADERS include/checkmate/io/json.hpp include/checkmate/io/json_graph.hpp
                         include/checkmate/io/json_schedule.hpp include/checkmate/io/json_cursor.hpp
                         include/checkmate/io/gzip.hpp)

function(checkmate_add_core_target)
  find_package(Eigen3 CONFIG QUIET)
  if(NOT TARGET Eigen3::Eigen OR Eigen3_VERSION VERSION_LESS 3.4)
    message(FATAL_ERROR "checkmate needs Eigen 3.4 or newer (Debian: apt-get install libeigen3-dev)")
  endif()
  file(GLOB_RECURSE headers RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS
       "${PROJECT_SOURCE_DIR}/include/checkmate/*.hpp")
  list(REMOVE_ITEM headers ${CHECKMATE_CBC_HEADERS} ${CHECKMATE_IO_HEADERS})
  add_library(checkmate INTERFACE)
  add_library(checkmate::checkmate ALIAS checkmate)
  target_sources(checkmate INTERFACE FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_compile_features(checkmate INTERFACE cxx_std_20)
  target_link_libraries(checkmate INTERFACE Eigen3::Eigen)
endfunction()

# checkmate_component(NAME WITH PACKAGE HINT): decides from AUTO/ON/OFF whether the component is built.
macro(_checkmate_decide with package what)
  set(_found FALSE)
  if(NOT ${with} STREQUAL "OFF")
    find_package(${package} QUIET)
    set(_found ${${package}_FOUND})
    if(NOT _found AND ${with} STREQUAL "ON")
      message(FATAL_ERROR "${with} is ON, but ${what}")
    endif()
  endif()
endmacro()

function(checkmate_add_cbc_target)
  _checkmate_decide(CHECKMATE_WITH_CBC CoinCbc
                    "COIN-OR CBC was not found (Debian: apt-get install coinor-libcbc-dev)")
  if(NOT _found)
    return()
  endif()
  add_library(checkmate_cbc INTERFACE)
  add_library(checkmate::cbc ALIAS checkmate_cbc)
  set_target_properties(checkmate_cbc PROPERTIES EXPORT_NAME cbc)
  target_sources(checkmate_cbc INTERFACE FILE_SET HEADERS BASE_DIRS include FILES ${CHECKMATE_CBC_HEADERS})
  target_link_libraries(checkmate_cbc INTERFACE checkmate CoinCbc::CoinCbc)
endfunction()

function(checkmate_add_io_target)
  _checkmate_decide(CHECKMATE_WITH_IO CheckmateIoDeps
                    "nlohmann_json or zlib was not found (Debian: apt-get install nlohmann-json3-dev zlib1g-dev)")
  if(NOT _found)
    return()
  endif()
  add_library(checkmate_io INTERFACE)
  add_library(checkmate::io ALIAS checkmate_io)
  set_target_properties(checkmate_io PROPERTIES EXPORT_NAME io)
  target_sources(checkmate_io INTERFACE FILE_SET HEADERS BASE_DIRS include FILES ${CHECKMATE_IO_HEADERS})
  target_link_libraries(checkmate_io INTERFACE checkmate nlohmann_json::nlohmann_json ZLIB::ZLIB)
endfunction()
