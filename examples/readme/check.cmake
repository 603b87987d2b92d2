# SPDX-License-Identifier: Apache-2.0
#
# Checks that README holds the program SOURCE (from its first #include on) and what PROGRAM prints, each in a code block.
file(READ "${README}" readme)
file(READ "${SOURCE}" source)
string(FIND "${source}" "#include" start)
string(SUBSTRING "${source}" ${start} -1 code)
execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)

foreach(part IN ITEMS code printed)
  string(FIND "${readme}" "\n${${part}}```" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "README.md does not show this (${part}), word for word:\n${${part}}")
  endif()
endforeach()
