// SPDX-License-Identifier: Apache-2.0
//
// ONNX's shape inference, and a guard around it; an implementation detail of io/onnx_model.hpp.
//
// The library's inference trusts its models: it divides by strides of 0 and reads beyond the shapes of
// convolutions whose weights have more dimensions than their input (ONNX 1.12), and either ends the process.
// So it is tried in a child process first, where there is fork(), and a model that it does not survive is
// refused.
#pragma once

#include <cerrno>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#if __has_include(<unistd.h>) && __has_include(<sys/wait.h>)
#define CHECKMATE_ONNX_HAS_FORK
#include <csignal>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace checkmate {
inline namespace v0 {
namespace detail {

inline void infer_onnx_shapes_here(ONNX_NAMESPACE::ModelProto& model) {
  ONNX_NAMESPACE::shape_inference::InferShapes(model, ONNX_NAMESPACE::OpSchemaRegistry::Instance(),
                                               {false, 0, true});
}

#ifdef CHECKMATE_ONNX_HAS_FORK

/// What the child process does: says to `listener` that inference ended, by whatever exception. Where it does
/// not end, nothing is said: neither by a program's own handlers nor, after 20 seconds, at all.
[[noreturn]] inline void infer_onnx_shapes_in_child(ONNX_NAMESPACE::ModelProto& model, int listener) {
  for (int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM}) std::signal(fatal, SIG_DFL);
  sigset_t clock;
  sigemptyset(&clock);
  sigaddset(&clock, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &clock, nullptr);
  alarm(20);
  try {
    infer_onnx_shapes_here(model);
  } catch (...) {  // the parent will meet it, too
  }
  char const over = 'o';
  _exit(write(listener, &over, 1) == 1 ? 0 : 1);
}

/// Whether a child process survives inference; true, too, where no child can be made.
[[nodiscard]] inline bool survives_onnx_inference(ONNX_NAMESPACE::ModelProto& model) {
  int ends[2];
  if (pipe(ends) != 0) return true;
  for (int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
  (void)ONNX_NAMESPACE::OpSchemaRegistry::Instance();  // made here, so that no child waits for its maker
  pid_t const child = fork();
  if (child == 0) infer_onnx_shapes_in_child(model, ends[1]);
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

[[nodiscard]] inline bool survives_onnx_inference(ONNX_NAMESPACE::ModelProto&) {
  return true;
}

#endif

/// Works out the shapes of `model`. Throws what ONNX throws, and std::runtime_error where ONNX would end the
/// process or takes more than 20 seconds.
inline void infer_onnx_shapes(ONNX_NAMESPACE::ModelProto& model) {
  if (!survives_onnx_inference(model)) throw std::runtime_error("shape inference does not survive them");
  infer_onnx_shapes_here(model);
}

}  // namespace detail
}  // namespace v0
}  // namespace checkmate
