# SPDX-License-Identifier: Apache-2.0
#
# The same consumer, whose project is a C++23 one: asking for C++20 must not pull it down.
consumer(build "-DCMAKE_PREFIX_PATH=${PREFIX}" -DCMAKE_CXX_STANDARD=23 -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)
expect("core 8 4 ${VERSION}" "${output}")
file(READ "${HERE}/build/compile_commands.json" commands)
if(NOT commands MATCHES "-std=(c|gnu)\\+\\+2(3|b)")
  message(FATAL_ERROR "the consumer was not compiled as C++23:\n${commands}")
endif()
