# SPDX-License-Identifier: Apache-2.0
#
# Two shared objects that hide their symbols, as plugins do, and both use CBC: there is one mutex around its driver all
# the same, as there is one driver in the process.
if(NOT cbc IN_LIST COMPONENTS_BUILT OR NOT PKG_CONFIG)
  skip("component cbc was not built here, or there is no pkg-config")
endif()
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/share/pkgconfig")
run("${PKG_CONFIG}" --cflags checkmate-cbc)
separate_arguments(compile UNIX_COMMAND "${output}")
run("${PKG_CONFIG}" --libs checkmate-cbc)
separate_arguments(link UNIX_COMMAND "${output}")

file(WRITE "${HERE}/plugin.cpp" "#include <checkmate/solvers/coin/coin.hpp>
[[gnu::visibility(\"default\")]] void const* NAME() { return &checkmate::detail::cbc_main_mutex; }
void const* hidden_too() { return &checkmate::detail::cbc_main_mutex; }\n")
file(WRITE "${HERE}/main.cpp" "void const* first();\nvoid const* second();
int main() { return first() != nullptr && first() == second() ? 0 : 1; }\n")
foreach(name IN ITEMS first second)
  run("${CXX}" -std=c++20 -shared -fPIC -fvisibility=hidden -fvisibility-inlines-hidden ${compile} -DNAME=${name} plugin.cpp
      ${link} -o lib${name}.so)
endforeach()
run("${CXX}" -std=c++20 main.cpp "-L${HERE}" "-Wl,-rpath,${HERE}" -lfirst -lsecond -o main)
run("${HERE}/main")
