// SPDX-License-Identifier: Apache-2.0
//
// Work in processes of its own, some at a time, each ended by force at its limit: what hangs or crashes costs
// its own result alone, and CBC's solves, which take turns inside one process, do not wait for each other.
#pragma once

#include <cstddef>
#include <cstdio>
#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace field {

/// What a process wrote, and whether it ended by itself and well.
struct written {
  std::string text = {};
  bool well = false;
};

class process_pool {
 public:
  struct task {
    std::function<void(std::FILE*)> work;        ///< in the process of its own: writes its result
    unsigned limit = 0;                          ///< wall seconds, >= 1
    std::function<void(written const&)> report;  ///< here, when the process has ended; may add tasks
  };

  explicit process_pool(std::size_t most) : most_(most) {}

  void add(task made) { waiting_.push_back(std::move(made)); }
  /// Before all that wait.
  void add_first(task made) { waiting_.push_front(std::move(made)); }
  /// Until nothing runs and nothing waits.
  void run() {
    while (!waiting_.empty() || !running_.empty()) {
      while (running_.size() < most_ && !waiting_.empty()) start();
      read_some();
    }
  }

 private:
  struct child {
    task of;
    pid_t id = 0;
    int from = 0;
    std::string text = {};
  };

  void start() {
    int ends[2];
    std::fflush(nullptr);
    if (pipe(ends) != 0) throw std::runtime_error("pipe failed");
    child made{std::move(waiting_.front()), fork(), ends[0]};
    waiting_.pop_front();
    if (made.id < 0) throw std::runtime_error("fork failed");
    if (made.id == 0) {
      close(ends[0]);
      work(made.of, ends[1]);
    }
    close(ends[1]);
    running_.push_back(std::move(made));
  }

  [[noreturn]] static void work(task const& of, int to) {
    alarm(of.limit);
    std::FILE* const out = fdopen(to, "w");
    int status = 0;
    try {
      of.work(out);
    } catch (std::exception const& e) {
      std::fprintf(stderr, "%s\n", e.what());
      status = 1;
    }
    std::fflush(out);
    _exit(status);
  }

  void read_some() {
    std::vector<pollfd> ready;
    for (child const& c : running_) ready.push_back({c.from, POLLIN, 0});
    if (poll(ready.data(), ready.size(), -1) < 0) return;
    for (std::size_t i = ready.size(); i-- > 0;) {
      if (ready[i].revents == 0) continue;
      char part[4096];
      ssize_t const got = read(running_[i].from, part, sizeof part);
      if (got > 0) {
        running_[i].text.append(part, static_cast<std::size_t>(got));
      } else {
        finish(i);
      }
    }
  }

  void finish(std::size_t i) {
    child const done = std::move(running_[i]);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    close(done.from);
    int status = 0;
    waitpid(done.id, &status, 0);
    done.of.report({done.text, WIFEXITED(status) && WEXITSTATUS(status) == 0});
  }

  std::size_t most_;
  std::deque<task> waiting_;
  std::vector<child> running_;
};

}  // namespace field
