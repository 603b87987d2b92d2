// SPDX-License-Identifier: Apache-2.0
//
// The version: the one place that states it; CMake and the packages read it from here.
// While the major version is 0, a new minor version may break source compatibility, a patch may not.
#pragma once

#if (defined(_MSVC_LANG) && _MSVC_LANG < 202002L) || (!defined(_MSVC_LANG) && __cplusplus < 202002L)
#error "checkmate needs C++20: compile with -std=c++20 or newer"
#endif

#define CHECKMATE_VERSION_MAJOR 0
#define CHECKMATE_VERSION_MINOR 1
#define CHECKMATE_VERSION_PATCH 0

/// Everything public lives in `checkmate`; the inline namespace lets two versions link into one program.
namespace checkmate {
inline namespace v0 {

/// The version as numbers, in the order of comparison.
struct version {
  static constexpr int major = CHECKMATE_VERSION_MAJOR;
  static constexpr int minor = CHECKMATE_VERSION_MINOR;
  static constexpr int patch = CHECKMATE_VERSION_PATCH;
};

}  // namespace v0
}  // namespace checkmate
