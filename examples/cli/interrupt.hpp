// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C as a stop token, so that long work ends with the best it has.
//
// The library never touches signals; this program does. Asking a stop_source to stop is not allowed inside a
// signal handler, so there is none: SIGINT is blocked and a thread waits for it.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <stop_token>
#include <string_view>
#include <thread>

#include <unistd.h>

namespace cli {

/// While one of these lives, the first Ctrl-C requests a stop, and another one more than half a second later
/// ends the program at once. Make it before any other thread, which would otherwise not have the signal
/// blocked.
class interrupt {
 public:
  interrupt() {
    sigemptyset(&awaited_);
    sigaddset(&awaited_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &awaited_, &before_);
    waiter_ = std::jthread([this](std::stop_token const& done) { wait(done); });
  }
  interrupt(interrupt const&) = delete;
  interrupt& operator=(interrupt const&) = delete;
  ~interrupt() {
    waiter_.request_stop();
    waiter_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  [[nodiscard]] bool requested() const { return source_.stop_requested(); }

 private:
  void wait(std::stop_token const& done) {
    using std::chrono::steady_clock;
    constexpr timespec pause = {0, 50'000'000};
    steady_clock::time_point first;
    while (!done.stop_requested()) {
      if (sigtimedwait(&awaited_, nullptr, &pause) != SIGINT) continue;
      if (!source_.stop_requested()) {
        first = steady_clock::now();
        source_.request_stop();
      } else if (steady_clock::now() - first > std::chrono::milliseconds(500)) {
        // Not sooner: timeout(1) and others send one Ctrl-C twice, to the program and to its group.
        end_at_once();
      }
    }
  }

  [[noreturn]] static void end_at_once() {
    constexpr std::string_view last_words = "checkmate: interrupted again, ended without a result\n";
    [[maybe_unused]] auto const written = write(STDERR_FILENO, last_words.data(), last_words.size());
    _exit(130);
  }

  sigset_t awaited_{};
  sigset_t before_{};
  std::stop_source source_;
  std::jthread waiter_;
};

/// For what does not say itself how it ended: a note on the standard error, so that the result stays as it
/// is.
inline void note_interruption(bool interrupted) {
  if (interrupted) std::cerr << "checkmate: interrupted; the result is what was planned until then\n";
}

}  // namespace cli
