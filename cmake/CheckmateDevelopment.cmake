# SPDX-License-Identifier: Apache-2.0
#
# For our own programs only (tests, benchmarks, examples): warnings, sanitizers and a helper to declare them.
option(CHECKMATE_WERROR "Treat warnings in our own programs as errors" OFF)
set(CHECKMATE_SANITIZE "" CACHE STRING "Sanitizers for our own programs, e.g. address,undefined or thread")

add_library(checkmate_development INTERFACE)
target_compile_options(checkmate_development INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                                   -Wsign-conversion)
if(CHECKMATE_WERROR)
  target_compile_options(checkmate_development INTERFACE -Werror)
endif()
if(CHECKMATE_SANITIZE)
  target_compile_options(checkmate_development INTERFACE -fsanitize=${CHECKMATE_SANITIZE}
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(checkmate_development INTERFACE -fsanitize=${CHECKMATE_SANITIZE})
endif()

# checkmate_program(NAME SOURCES file... [LIBRARIES target...]): a program of ours, linked to the core.
function(checkmate_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE checkmate::checkmate ${arg_LIBRARIES} checkmate_development)
endfunction()
