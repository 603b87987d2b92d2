# SPDX-License-Identifier: Apache-2.0
#
# The Conan recipe, by Conan itself, which comes from PyPI into a folder of the build. Conan's center is not asked: what
# the recipe requires is the system's, under the center's names (tests/packages/conan/recipes).
if(NOT PYTHON)
  skip("there is no python3 here")
endif()
if(NOT cbc IN_LIST COMPONENTS_BUILT)
  skip("the README's line wants CBC, which was not built here")
endif()

# Once a build folder, as it takes a minute.
set(venv "${SCRATCH}/../conan_venv")
set(conan "${venv}/bin/conan")
if(NOT EXISTS "${conan}")
  execute_process(COMMAND "${PYTHON}" -m venv --clear "${venv}" RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    skip("python3 makes no virtual environment (Debian: apt-get install python3-venv)")
  endif()
  execute_process(COMMAND "${venv}/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20
                          "conan>=2,<3"
                  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message("${output}")
    skip("pip cannot install Conan here: is there a way to PyPI?")
  endif()
endif()

set(ENV{CONAN_HOME} "${HERE}/home")
set(ENV{CXX} "${CXX}")
set(ENV{PYTHONDONTWRITEBYTECODE} 1)
run("${conan}" profile detect)
file(READ "${HERE}/home/profiles/default" profile)
string(REPLACE "build_type=Release" "build_type=Debug" profile "${profile}")  # compiles in a third of the time
file(WRITE "${HERE}/home/profiles/default" "${profile}")
run("${conan}" remote disable "*")
file(APPEND "${HERE}/home/global.conf" "tools.cmake.cmaketoolchain:generator=${GENERATOR}\n")
foreach(reference IN ITEMS eigen/3.4.0 coin-cbc/2.10.8 glpk/5.0 nlohmann_json/3.11.3 zlib/1.2.13 boost/1.74.0 onnx/1.12.0)
  string(REPLACE "/" ";" parts "${reference}")
  list(GET parts 0 name)
  list(GET parts 1 version)
  run("${conan}" export "${PACKAGE_TESTS}/conan/recipes" --name=${name} --version=${version})
endforeach()

# The README's line, word by word, beside a checkout (what the recipe takes of it; Conan builds test packages where they
# lie); embedding.md says the same line.
file(COPY "${SOURCE}/include" "${SOURCE}/LICENSE" DESTINATION "${HERE}/checkmate")
file(COPY "${SOURCE}/cmake/conan" DESTINATION "${HERE}/checkmate/cmake" PATTERN build EXCLUDE
     PATTERN CMakeUserPresets.json EXCLUDE)
file(STRINGS "${SOURCE}/README.md" line REGEX "^conan create ")
file(READ "${SOURCE}/cmake/docs/embedding.md" page)
expect("${line}" "${page}")
separate_arguments(words UNIX_COMMAND "${line}")
list(POP_FRONT words)

run("${conan}" ${words})
expect("checkmate ${VERSION}: 8 steps" "${output}")
expect("with cbc" "${output}")
foreach(other IN ITEMS glpk files models)
  expect_no("with ${other}" "${output}")
endforeach()

# Headers are the same package for every option, with the licence in it.
set(all "")
foreach(component IN LISTS COMPONENTS_BUILT)
  list(APPEND all -o "checkmate/*:with_${component}=True")
endforeach()
run("${conan}" ${words} ${all})
foreach(said IN ITEMS "cbc:with cbc" "glpk:with glpk" "onnx:with models" "io:with files")
  string(REPLACE ":" ";" said "${said}")
  list(GET said 0 component)
  list(GET said 1 text)
  if(component IN_LIST COMPONENTS_BUILT)
    expect("${text}" "${output}")
  endif()
endforeach()
execute_process(COMMAND "${conan}" list "checkmate/${VERSION}:*" --format=json OUTPUT_VARIABLE listed ERROR_QUIET)
string(JSON revisions GET "${listed}" "Local Cache" "checkmate/${VERSION}" revisions)
string(JSON revision MEMBER "${revisions}" 0)
string(JSON count LENGTH "${revisions}" ${revision} packages)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "a header-only package is the same for every option, Conan has ${count}:\n${listed}")
endif()
string(JSON package MEMBER "${revisions}" ${revision} packages 0)
execute_process(COMMAND "${conan}" cache path "checkmate/${VERSION}:${package}" OUTPUT_VARIABLE folder ERROR_QUIET
                OUTPUT_STRIP_TRAILING_WHITESPACE)
foreach(file IN ITEMS licenses/LICENSE include/checkmate/checkmate.hpp include/checkmate/solvers/cbc.hpp)
  if(NOT EXISTS "${folder}/${file}")
    message(FATAL_ERROR "the package lacks ${file}")
  endif()
endforeach()

# Without C++20 Conan refuses in words.
list(TRANSFORM words REPLACE "^compiler.cppstd=20$" "compiler.cppstd=17")
run_failing("${conan}" ${words})
expect("lower than the required C++ standard (20)" "${output}")
