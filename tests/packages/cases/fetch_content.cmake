# SPDX-License-Identifier: Apache-2.0
#
# FetchContent with a local source, as a build without a network has it.
consumer(build -DHOW=fetch_content "-DCHECKMATE_SOURCE=${SOURCE}")
expect("core 8 4 ${VERSION}" "${output}")
