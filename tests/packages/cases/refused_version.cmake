# SPDX-License-Identifier: Apache-2.0
#
# Which requests this version answers: while the major version is 0, those for its own minor version and no newer patch.
string(REPLACE "." ";" numbers "${VERSION}")
list(GET numbers 0 major)
list(GET numbers 1 minor)
list(GET numbers 2 patch)
math(EXPR next_major "${major} + 1")
math(EXPR next_minor "${minor} + 1")
math(EXPR next_patch "${patch} + 1")
run(${CMAKE_COMMAND} -S "${PACKAGE_TESTS}/versions" -B build -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}"
    "-DCMAKE_PREFIX_PATH=${PREFIX}"
    "-DACCEPTED=${VERSION},${major}.${minor},${major}.${minor}...<${major}.${next_minor}"
    "-DREFUSED=${major}.${next_minor},${next_major}.0,${major}.${minor}.${next_patch},${next_major}.0...${next_major}.5")

# A user who requires it is told which version was found, and that it will not do.
run_failing(${CMAKE_COMMAND} -S "${PACKAGE_TESTS}/consumer" -B refused ${TOOLCHAIN} "-DCMAKE_PREFIX_PATH=${PREFIX}"
            -DVERSION=${major}.${next_minor})
expect("compatible with requested version \"${major}.${next_minor}\"" "${output}")
expect("checkmate-config.cmake, version: ${VERSION}" "${output}")
