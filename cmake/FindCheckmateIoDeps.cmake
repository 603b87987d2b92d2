# SPDX-License-Identifier: Apache-2.0
#
# What the io component needs: nlohmann_json and zlib, under the names their own packages give them.
find_package(nlohmann_json CONFIG QUIET)
find_package(ZLIB QUIET)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CheckmateIoDeps REQUIRED_VARS nlohmann_json_FOUND ZLIB_FOUND)
