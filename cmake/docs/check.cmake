# SPDX-License-Identifier: Apache-2.0
#
# Writes the reference by DOXYGEN and DOXYFILE, where every warning is an error, and looks into what came out (XML): the
# first page shows a whole program and links `solve`, every concept has its page, and the heads of files are there.
file(REMOVE_RECURSE "${XML}")
execute_process(COMMAND "${DOXYGEN}" "${DOXYFILE}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "Doxygen:\n${output}")
endif()

# expect(PATTERN TEXT): a file of that name holds TEXT.
function(expect pattern text)
  file(GLOB files "${XML}/${pattern}")
  foreach(file IN LISTS files)
    file(READ "${file}" content)
    string(FIND "${content}" "${text}" at)
    if(NOT at EQUAL -1)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "the reference lacks this in ${pattern}: ${text}")
endfunction()

expect(indexpage.xml "kindref=\"member\">checkmate::solve</ref></computeroutput>")
expect(indexpage.xml "training_step")
foreach(page IN ITEMS graphs costs backends strategies executors embedding guarantees files solvers program)
  expect(indexpage.xml "docs_${page}\" kindref=\"compound\">")
endforeach()
expect(simulate_8hpp.xml "The simulator: the judge of every schedule")
expect(graph_2concepts_8hpp.xml "A ladder, smallest requirement first")
