# SPDX-License-Identifier: Apache-2.0
#
# A relocatable install: headers, one targets file and one pkg-config file a component, the config that ties them
# together. No file that is installed holds an absolute path.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(_where "${CMAKE_INSTALL_DATADIR}/cmake/checkmate")
set(_pc_where "${CMAKE_INSTALL_DATADIR}/pkgconfig")

# A pkg-config file finds the headers from where it lies, through the prefix.
file(RELATIVE_PATH CHECKMATE_PC_PREFIX "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" CHECKMATE_PC_PREFIX "${CHECKMATE_PC_PREFIX}")
file(RELATIVE_PATH CHECKMATE_PC_INCLUDEDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")

# checkmate_install_pc(name description requires libs cflags): <name>.pc
function(checkmate_install_pc CHECKMATE_PC_NAME CHECKMATE_PC_DESCRIPTION CHECKMATE_PC_REQUIRES CHECKMATE_PC_LIBS
         CHECKMATE_PC_CFLAGS)
  configure_file(cmake/checkmate.pc.in ${CHECKMATE_PC_NAME}.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${CHECKMATE_PC_NAME}.pc" DESTINATION "${_pc_where}")
endfunction()

install(TARGETS checkmate EXPORT checkmate-targets FILE_SET HEADERS)
install(EXPORT checkmate-targets NAMESPACE checkmate:: DESTINATION "${_where}")
checkmate_install_pc(checkmate "${PROJECT_DESCRIPTION}" eigen3 "" "")

# What the config must know of every component, those that are not installed among them: it says so by name.
set(CHECKMATE_CONFIG_COMPONENTS "")
foreach(_component IN LISTS CHECKMATE_COMPONENTS)
  string(APPEND CHECKMATE_CONFIG_COMPONENTS
         "list(APPEND _checkmate_components ${_component})\n"
         "set(_checkmate_${_component}_finder ${CHECKMATE_${_component}_FINDER})\n"
         "set(_checkmate_${_component}_missing \"${CHECKMATE_${_component}_MISSING}\")\n")
  if(TARGET checkmate_${_component})
    install(TARGETS checkmate_${_component} EXPORT checkmate_${_component}-targets FILE_SET HEADERS)
    install(EXPORT checkmate_${_component}-targets NAMESPACE checkmate:: DESTINATION "${_where}")
    install(FILES cmake/Find${CHECKMATE_${_component}_FINDER}.cmake DESTINATION "${_where}")
    if(CHECKMATE_${_component}_PC_REQUIRES OR CHECKMATE_${_component}_PC_LIBS)
      list(JOIN CHECKMATE_${_component}_PC_REQUIRES " " _requires)
      list(JOIN CHECKMATE_${_component}_PC_LIBS " " _libs)
      list(JOIN CHECKMATE_${_component}_PC_CFLAGS " " _cflags)
      string(STRIP "checkmate ${_requires}" _requires)
      checkmate_install_pc(checkmate-${_component} "${CHECKMATE_${_component}_WHAT}" "${_requires}" "${_libs}"
                           "${_cflags}")
    endif()
  endif()
endforeach()

configure_package_config_file(cmake/checkmate-config.cmake.in checkmate-config.cmake
                              INSTALL_DESTINATION "${_where}" NO_SET_AND_CHECK_MACRO)
# While the major version is 0 a minor version may break its users; afterwards only a major one may.
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(_compatibility SameMinorVersion)
else()
  set(_compatibility SameMajorVersion)
endif()
write_basic_package_version_file(checkmate-config-version.cmake
                                 COMPATIBILITY ${_compatibility} ARCH_INDEPENDENT)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/checkmate-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/checkmate-config-version.cmake"
        DESTINATION "${_where}")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/checkmate")
