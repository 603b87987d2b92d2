# SPDX-License-Identifier: Apache-2.0
#
# No CMake on the user's side: pkg-config's answer and a plain compiler, from a prefix that was moved.
if(NOT PKG_CONFIG)
  skip("there is no pkg-config here")
endif()
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/share/pkgconfig")
run("${PKG_CONFIG}" --modversion checkmate)
expect("${VERSION}" "${output}")
run("${PKG_CONFIG}" --validate checkmate)

# pkg-config escapes the blanks of a path, as for a shell.
function(compile_with module program)
  run("${PKG_CONFIG}" --cflags ${module})
  separate_arguments(compile UNIX_COMMAND "${output}")
  run("${PKG_CONFIG}" --libs ${module})
  separate_arguments(link UNIX_COMMAND "${output}")
  run("${CXX}" -std=c++20 -Wall -Wextra -Werror ${compile} "${PACKAGE_TESTS}/consumer/${program}.cpp"
      "${PACKAGE_TESTS}/consumer/${program}_again.cpp" ${link} -o ${program})
  run("${HERE}/${program}")
  set(output "${output}" PARENT_SCOPE)
endfunction()

compile_with(checkmate core)
expect("core 8 4 ${VERSION}" "${output}")
foreach(component IN ITEMS cbc glpk io onnx)
  if(component IN_LIST COMPONENTS_BUILT)
    compile_with(checkmate-${component} ${component})
    expect("${component} " "${output}")
  endif()
endforeach()
