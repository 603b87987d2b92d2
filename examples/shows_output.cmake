# SPDX-License-Identifier: Apache-2.0
#
# Runs PROGRAM, which must exit with 0, and checks that PAGE shows what it prints in a code block.
file(READ "${PAGE}" page)
execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
string(FIND "${page}" "\n```\n${printed}```" at)
if(at EQUAL -1)
  message(FATAL_ERROR "${PAGE} does not show what ${PROGRAM} prints, word for word:\n${printed}")
endif()
