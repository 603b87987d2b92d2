# SPDX-License-Identifier: Apache-2.0
#
# add_subdirectory: the same targets, our headers under the consumer's own warnings, nothing to build, nothing leaked.
list(JOIN COMPONENTS_BUILT "," all)
consumer(build -DHOW=add_subdirectory "-DCHECKMATE_SOURCE=${SOURCE}" "-DCOMPONENTS=${all}")
expect("core 8 4 ${VERSION}" "${output}")
