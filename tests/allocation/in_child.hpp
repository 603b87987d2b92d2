// SPDX-License-Identifier: Apache-2.0
//
// Calls that may end the process, made in a child of it: how did that end?
#pragma once

#include <csignal>
#include <cstdint>
#include <exception>
#include <functional>
#include <new>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace test {

/// How a call without memory ended.
enum class ending : std::uint8_t {
  whole,       ///< it returned true: what it found is right
  wrong,       ///< it returned false
  bad_alloc,   ///< std::bad_alloc arrived
  error,       ///< another std::exception arrived
  terminated,  ///< std::terminate or abort: said clearly, but nobody can go on
  crashed,     ///< another signal, or an end without a word
  hangs        ///< for a minute
};

/// What `call` comes to in a child, whose standard error goes nowhere.
inline ending ending_in_child(std::function<bool()> const& call) {
  pid_t const child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(60);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    constexpr int first = 100;  // no exit code of anybody else's
    auto found = ending::crashed;
    try {
      found = call() ? ending::whole : ending::wrong;
    } catch (std::bad_alloc const&) {
      found = ending::bad_alloc;
    } catch (std::exception const&) {
      found = ending::error;
    }
    _exit(first + static_cast<int>(found));
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) >= 100) return static_cast<ending>(WEXITSTATUS(status) - 100);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) return ending::terminated;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return ending::hangs;
  return ending::crashed;
}

}  // namespace test
