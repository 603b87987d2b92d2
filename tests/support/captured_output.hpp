// SPDX-License-Identifier: Apache-2.0
//
// captured_output: what a call writes to the process's own stdout and stderr, C and C++ streams alike.
#pragma once

#include <cstdio>
#include <iostream>
#include <string>

#include <unistd.h>

namespace test {

/// Redirects file descriptors 1 and 2 into a temporary file while it lives.
class descriptor_capture {
 public:
  descriptor_capture() : file_(std::tmpfile()) {
    flush();
    for (int fd : {1, 2}) saved_[fd - 1] = dup(fd);
    for (int fd : {1, 2}) dup2(fileno(file_), fd);
  }
  descriptor_capture(descriptor_capture const&) = delete;
  descriptor_capture& operator=(descriptor_capture const&) = delete;
  ~descriptor_capture() {
    restore();
    std::fclose(file_);
  }

  /// Ends the redirection and gives all that was written.
  std::string text() {
    restore();
    std::string out;
    std::rewind(file_);
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) out.push_back(static_cast<char>(c));
    return out;
  }

 private:
  static void flush() {
    std::cout.flush();
    std::cerr.flush();
    std::fflush(nullptr);
  }
  void restore() {
    if (saved_[0] < 0) return;
    flush();
    for (int fd : {1, 2}) {
      dup2(saved_[fd - 1], fd);
      close(saved_[fd - 1]);
      saved_[fd - 1] = -1;
    }
  }

  std::FILE* file_;
  int saved_[2] = {-1, -1};
};

/// What `call` writes to stdout and stderr.
template <class Call>
std::string captured_output(Call call) {
  descriptor_capture capture;
  call();
  return capture.text();
}

}  // namespace test
