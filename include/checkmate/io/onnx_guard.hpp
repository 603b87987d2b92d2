// SPDX-License-Identifier: Apache-2.0
//
// A guard around ONNX's shape inference; an implementation detail of io/onnx_model.hpp.
//
// The library's inference trusts its models: it divides by strides of 0 and reads beyond the shapes of
// convolutions whose weights have more dimensions than their input (ONNX 1.12), and either ends the process.
// So it is tried in a child process first, where there is fork(). A model that it does not survive is
// refused.
#pragma once

#if __has_include(<unistd.h>) && __has_include(<sys/wait.h>)
#define CHECKMATE_ONNX_HAS_FORK
#include <cerrno>
#include <csignal>
#include <initializer_list>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace checkmate {
inline namespace v0 {
namespace detail {

#ifdef CHECKMATE_ONNX_HAS_FORK

/// What the child process does: says to `listener` that `call` ended, by whatever exception. Where it does
/// not end, nothing is said: neither by a program's own handlers nor, after 20 seconds, at all.
[[noreturn]] void call_and_tell(auto const& call, int listener) {
  for (int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM}) std::signal(fatal, SIG_DFL);
  sigset_t clock;
  sigemptyset(&clock);
  sigaddset(&clock, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &clock, nullptr);
  alarm(20);
  try {
    call();
  } catch (...) {  // the parent will meet it, too
  }
  char const over = 'o';
  _exit(write(listener, &over, 1) == 1 ? 0 : 1);
}

/// Whether a child process survives `call`, which changes nothing here; true, too, where no child can be
/// made.
[[nodiscard]] bool child_survives(auto const& call) {
  int ends[2];
  if (pipe(ends) != 0) return true;
  for (int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
  pid_t const child = fork();
  if (child == 0) call_and_tell(call, ends[1]);
  close(ends[1]);
  char said = 0;
  // Not the child's status: a program that ignores SIGCHLD never gets it.
  while (child > 0 && read(ends[0], &said, 1) < 0 && errno == EINTR) {
  }
  close(ends[0]);
  while (child > 0 && waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return child < 0 || said != 0;
}

#else

[[nodiscard]] bool child_survives(auto const&) {
  return true;
}

#endif

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
