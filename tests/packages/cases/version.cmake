# SPDX-License-Identifier: Apache-2.0
#
# One version number, in include/checkmate/version.hpp; whatever repeats it repeats it truly.
file(READ "${SOURCE}/include/checkmate/version.hpp" header)
foreach(part IN ITEMS MAJOR MINOR PATCH)
  if(NOT header MATCHES "#define CHECKMATE_VERSION_${part} ([0-9]+)\n")
    message(FATAL_ERROR "version.hpp does not define CHECKMATE_VERSION_${part}")
  endif()
  set(${part} ${CMAKE_MATCH_1})
endforeach()
set(true "${MAJOR}.${MINOR}.${PATCH}")

function(must_be_true where found)
  if(NOT found STREQUAL true)
    message(FATAL_ERROR "version.hpp says ${true}, ${where} says '${found}'")
  endif()
endfunction()

must_be_true("the CMake project" "${VERSION}")
include("${PREFIX}/share/cmake/checkmate/checkmate-config-version.cmake")
must_be_true("the installed package" "${PACKAGE_VERSION}")
file(GLOB pcs "${PREFIX}/share/pkgconfig/*.pc")
foreach(pc IN LISTS pcs)
  file(READ "${pc}" text)
  string(REGEX REPLACE ".*\nVersion: ([^\n]*)\n.*" "\\1" found "${text}")
  must_be_true("${pc}" "${found}")
endforeach()
file(READ "${SOURCE}/cmake/ports/checkmate/vcpkg.json" port)
string(JSON found GET "${port}" version)
must_be_true("the vcpkg port" "${found}")

# The inline namespace carries the major version, in every header.
file(GLOB_RECURSE headers "${SOURCE}/include/*.hpp")
foreach(header IN LISTS headers)
  file(READ "${header}" text)
  if(text MATCHES "\nnamespace checkmate {\n" AND NOT text MATCHES "\nnamespace checkmate {\ninline namespace v${MAJOR} {\n")
    message(FATAL_ERROR "${header} is not in inline namespace v${MAJOR}")
  endif()
endforeach()
