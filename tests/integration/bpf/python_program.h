// SPDX-License-Identifier: Apache-2.0
#pragma once

// A program of another process that does things step by step: each line that it is sent is Python, and it
// answers each with "done".

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/child_process.h"
#include "tests/support/wait.h"

namespace portwatch::test {

class PythonProgram {
 public:
  /// `before` is put in front of the command ("unshare", "-n"); `after` is given to the program.
  explicit PythonProgram(std::vector<std::string> before = {}, const ChildOptions& options = {},
                         std::vector<std::string> after = {}, std::string python = "/usr/bin/python3")
      : child_(command(std::move(before), std::move(after), std::move(python)), options) {
    run("import os, socket, threading, time");
  }

  /// Waits until it is done.
  void run(const std::string& line) {
    child_.write(line + "\n");
    ++lines_;
    EXPECT_TRUE(wait_until([&] { return answers() >= lines_; })) << line << "\n" << child_.err();
  }
  /// Does not wait: it may end with it.
  void begin(const std::string& line) { child_.write(line + "\n"); }
  /// What it says that the value is.
  [[nodiscard]] std::string ask(const std::string& expression) {
    run("print('=' + str(" + expression + "), flush=True)");
    const std::string& text = child_.out();
    const std::size_t begin = text.rfind('=') + 1;
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  [[nodiscard]] ChildProcess& child() { return child_; }

 private:
  static std::vector<std::string> command(std::vector<std::string> command, std::vector<std::string> after,
                                          std::string python) {
    command.push_back(std::move(python));
    command.insert(command.end(), {"-c",
                                   "import sys\n"
                                   "for line in sys.stdin:\n"
                                   "    exec(line, globals())\n"
                                   "    print('done', flush=True)\n"});
    command.insert(command.end(), after.begin(), after.end());
    return command;
  }
  [[nodiscard]] std::size_t answers() {
    const std::string& text = child_.out();
    std::size_t count = 0;
    for (std::size_t at = text.find("done\n"); at != std::string::npos; at = text.find("done\n", at + 1))
      ++count;
    return count;
  }

  ChildProcess child_;
  std::size_t lines_ = 0;
};

}  // namespace portwatch::test
