# SPDX-License-Identifier: Apache-2.0
#
# The vcpkg overlay port: portfile.cmake is run in script mode, as vcpkg runs it, with stand-ins for vcpkg's helpers that
# do what those do to a header-only package; then the tree is held to vcpkg's own post-build checks, and the lines that
# `usage` shows are put into a project and built.
include("${PACKAGE_TESTS}/vcpkg/helpers.cmake")
set(port "${SOURCE}/cmake/ports/checkmate")
file(READ "${port}/vcpkg.json" manifest)

# Every feature is a component, and the other way round; nothing is on by default.
string(JSON count LENGTH "${manifest}" features)
math(EXPR last "${count} - 1")
set(features "")
foreach(i RANGE ${last})
  string(JSON feature MEMBER "${manifest}" features ${i})
  list(APPEND features ${feature})
endforeach()
string(REPLACE "-" "_" as_components "${features}")
list(SORT as_components)
set(components ${COMPONENTS})
list(SORT components)
if(NOT as_components STREQUAL components)
  message(FATAL_ERROR "the port has the features ${features}, the library the components ${COMPONENTS}")
endif()
string(JSON defaults ERROR_VARIABLE none GET "${manifest}" default-features)
if(NOT none)
  message(FATAL_ERROR "the port should have no default features, it has ${defaults}")
endif()

# Laid out as `vcpkg format-manifest` does it: two spaces, every list and object open, dependencies by name.
if(PYTHON)
  file(WRITE "${HERE}/layout.py" [[
import json, sys
text = open(sys.argv[1], encoding="utf-8").read()
manifest = json.loads(text)
order = ["name", "version", "description", "homepage", "license", "supports", "dependencies", "features"]
assert list(manifest) == [key for key in order if key in manifest], "keys out of order"
assert list(manifest["features"]) == sorted(manifest["features"]), "features out of order"
for holder in [manifest, *manifest["features"].values()]:
    names = [d if isinstance(d, str) else d["name"] for d in holder.get("dependencies", [])]
    assert names == sorted(names), f"dependencies out of order: {names}"
assert text == json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "not the layout of format-manifest"
]])
  run("${PYTHON}" "${HERE}/layout.py" "${port}/vcpkg.json")
endif()

install_port("${port}" plain)
set(plain "${CURRENT_PACKAGES_DIR}")
expect_absent("${plain}/share/checkmate/checkmate_cbc-targets.cmake")
expect_absent("${plain}/share/checkmate/checkmate_io-targets.cmake")

string(REPLACE "_" "-" wanted "${COMPONENTS_BUILT}")
install_port("${port}" full ${wanted})
set(full "${CURRENT_PACKAGES_DIR}")
foreach(component IN LISTS COMPONENTS_BUILT)
  if(NOT EXISTS "${full}/share/checkmate/checkmate_${component}-targets.cmake")
    message(FATAL_ERROR "the feature ${component} did not bring the component")
  endif()
endforeach()

# What `usage` says, done: its indented lines are the project.
file(STRINGS "${full}/share/checkmate/usage" lines REGEX "^    ")
list(FILTER lines EXCLUDE REGEX "^    #")
list(JOIN lines "\n" lines)
file(WRITE "${HERE}/user/CMakeLists.txt" "cmake_minimum_required(VERSION 3.23)\nproject(user LANGUAGES CXX)\n"
     "add_executable(main \"${PACKAGE_TESTS}/consumer/core.cpp\" \"${PACKAGE_TESTS}/consumer/core_again.cpp\")\n${lines}\n")
if(COMPONENTS STREQUAL COMPONENTS_BUILT)
  run(${CMAKE_COMMAND} -S user -B user/build ${TOOLCHAIN} "-DCMAKE_PREFIX_PATH=${full}")
  run(${CMAKE_COMMAND} --build user/build)
  run("${HERE}/user/build/main")
  expect("core 8 4 ${VERSION}" "${output}")
endif()
