# SPDX-License-Identifier: Apache-2.0
#
# find_package(checkmate CONFIG REQUIRED), no component, C++20.
consumer(build "-DCMAKE_PREFIX_PATH=${PREFIX}" -DCMAKE_CXX_STANDARD=20)
expect("core 8 4 ${VERSION}" "${output}")
