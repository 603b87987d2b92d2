# SPDX-License-Identifier: Apache-2.0
#
# The Conan recipe, executed step by step against a stand-in of Conan's API; its test package is built against nothing
# but what the recipe packaged and declared.
if(NOT PYTHON)
  skip("there is no python3 here")
endif()

function(create_and_test name)
  set(ENV{PYTHONDONTWRITEBYTECODE} 1)
  run("${PYTHON}" "${PACKAGE_TESTS}/conan/run_recipe.py" "${SOURCE}/cmake/conan/conanfile.py" "${HERE}/${name}" ${ARGN})
  expect("${VERSION}" "${output}")
  run(${CMAKE_COMMAND} -S "${SOURCE}/cmake/conan/test_package" -B ${name}/build ${TOOLCHAIN}
      "-DCMAKE_MODULE_PATH=${SOURCE}/cmake" "-Dcheckmate_DIR=${HERE}/${name}/generators")
  run(${CMAKE_COMMAND} --build ${name}/build)
  run("${HERE}/${name}/build/example")
  set(output "${output}" PARENT_SCOPE)
endfunction()

create_and_test(plain)
expect("checkmate ${VERSION}: 8 steps" "${output}")
expect_no("with" "${output}")

set(all "")
foreach(component IN LISTS COMPONENTS_BUILT)
  list(APPEND all "with_${component}=True")
endforeach()
create_and_test(all ${all})
if(cbc IN_LIST COMPONENTS_BUILT)
  expect("with cbc" "${output}")
endif()
if(glpk IN_LIST COMPONENTS_BUILT)
  expect("with glpk" "${output}")
endif()
if(onnx IN_LIST COMPONENTS_BUILT)
  expect("with models" "${output}")
endif()
if(io IN_LIST COMPONENTS_BUILT)
  expect("with files" "${output}")
endif()
