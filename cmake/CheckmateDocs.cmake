# SPDX-License-Identifier: Apache-2.0
#
# The reference, for who has Doxygen: `cmake --build build --target docs` writes <build>/docs/html. The test `docs` writes
# XML and looks into it; both fail where Doxygen has something to say.
find_program(CHECKMATE_DOXYGEN doxygen)
mark_as_advanced(CHECKMATE_DOXYGEN)
if(NOT CHECKMATE_DOXYGEN)
  return()
endif()
set(CHECKMATE_DOCS_HTML YES)
configure_file(cmake/docs/Doxyfile.in docs/Doxyfile @ONLY)
add_custom_target(docs COMMAND "${CHECKMATE_DOXYGEN}" "${PROJECT_BINARY_DIR}/docs/Doxyfile" VERBATIM)
if(CHECKMATE_BUILD_TESTS)
  set(CHECKMATE_DOCS_HTML NO)
  configure_file(cmake/docs/Doxyfile.in docs/Doxyfile.check @ONLY)
  file(APPEND "${PROJECT_BINARY_DIR}/docs/Doxyfile.check"
       "GENERATE_XML = YES\nXML_PROGRAMLISTING = NO\nXML_OUTPUT = check\n")
  add_test(NAME docs COMMAND ${CMAKE_COMMAND} -D "DOXYGEN=${CHECKMATE_DOXYGEN}" -D "XML=${PROJECT_BINARY_DIR}/docs/check"
           -D "DOXYFILE=${PROJECT_BINARY_DIR}/docs/Doxyfile.check" -P "${PROJECT_SOURCE_DIR}/cmake/docs/check.cmake")
endif()
