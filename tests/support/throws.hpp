// SPDX-License-Identifier: Apache-2.0
//
// message_of: the text of the exception that a call throws, so that tests can hold messages to their word.
#pragma once

#include <string>

namespace test {

/// What `call` throws as an Error; "(nothing thrown)" if it returns.
template <class Error, class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (Error const& e) {
    return e.what();
  }
  return "(nothing thrown)";
}

}  // namespace test
