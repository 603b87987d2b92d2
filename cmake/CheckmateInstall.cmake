# SPDX-License-Identifier: Apache-2.0
#
# A relocatable install: headers, one targets file a component, the config that ties them together.
include(CMakePackageConfigHelpers)
set(_where "${CMAKE_INSTALL_DATADIR}/cmake/checkmate")

foreach(_component IN ITEMS checkmate checkmate_cbc checkmate_io)
  if(TARGET ${_component})
    install(TARGETS ${_component} EXPORT ${_component}-targets FILE_SET HEADERS)
    install(EXPORT ${_component}-targets NAMESPACE checkmate:: DESTINATION "${_where}")
  endif()
endforeach()

configure_package_config_file(cmake/checkmate-config.cmake.in checkmate-config.cmake
                              INSTALL_DESTINATION "${_where}")
write_basic_package_version_file(checkmate-config-version.cmake
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/checkmate-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/checkmate-config-version.cmake"
              cmake/FindCoinCbc.cmake cmake/FindCheckmateIoDeps.cmake
        DESTINATION "${_where}")
