# SPDX-License-Identifier: Apache-2.0
#
# An overlay port: it builds the checkout that it lies in.
#
#   vcpkg install "checkmate[glpk,io]" --overlay-ports=<checkout>/cmake/ports
#
# A port for a registry is this file with vcpkg_from_github (REPO, REF "v${VERSION}", SHA512) in the place of the next
# statement. vcpkg's binary cache sees this folder, not the sources: use --no-binarycaching while changing them.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

set(VCPKG_BUILD_TYPE release)  # header-only

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
  FEATURES
    boost-graph CHECKMATE_WITH_BOOST_GRAPH
    cbc CHECKMATE_WITH_CBC
    glpk CHECKMATE_WITH_GLPK
    io CHECKMATE_WITH_IO
    onnx CHECKMATE_WITH_ONNX
)
if("cbc" IN_LIST FEATURES)
  vcpkg_find_acquire_program(PKGCONFIG)
  list(APPEND FEATURE_OPTIONS "-DPKG_CONFIG_EXECUTABLE=${PKGCONFIG}")
endif()

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    ${FEATURE_OPTIONS}
    -DCHECKMATE_BUILD_TESTS=OFF
    -DCHECKMATE_BUILD_BENCH=OFF
    -DCHECKMATE_BUILD_EXAMPLES=OFF
    -DCHECKMATE_INSTALL=ON
  MAYBE_UNUSED_VARIABLES
    PKG_CONFIG_EXECUTABLE
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/checkmate)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib" "${CURRENT_PACKAGES_DIR}/debug" "${CURRENT_PACKAGES_DIR}/share/doc")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
