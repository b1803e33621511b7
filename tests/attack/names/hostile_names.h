// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names that somebody chose to do harm by being shown. Each can be the name of a file: at most 255 bytes,
// without a slash.

#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/output_check.h"

namespace portwatch::test {

struct HostileName {
  const char* what;
  std::string bytes;
  std::string shown;  ///< a piece by which it can be recognised on a terminal; bad bytes came as U+FFFD,
                      ///< because JSON cannot hold them
};

[[nodiscard]] inline std::string many(const std::string& piece, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += piece;
  return text;
}

[[nodiscard]] inline std::vector<HostileName> hostile_names() {
  return {
      {"colour and cursor", "red\x1b[31;5m\x1b[2J\x1b[1;1H", "red\\x1b[31;5m"},
      {"clipboard and link", "osc\x1b]52;c;ZXZpbA==\x07\x1b]8;;http:evil\x1b\\", "osc\\x1b]52;c;"},
      {"one-byte CSI", std::string("c1\x9b") + "31m", "c1\ufffd31m"},
      {"CSI in UTF-8", "u9b\u009b31m", "u9b\\u009b31m"},
      {"lines", "line\nFAKE  0.0.0.0:22\r\nroot", "line\\nFAKE"},
      {"tabs and backspaces", "tab\tb\b\b\b\v\f", "tab\\tb\\x08"},
      {"right to left", "rtl\u202egpj.exe\u2066x\u200f", "rtl\\u202egpj.exe"},
      {"of no width", "zero\u200b\u200d\ufeff\u00adw", "zero\\u200b"},
      {"bad bytes", "bad\xff\xfe\xc3(\xe2\x82", "bad\ufffd\ufffd"},
      {"overlong", "over\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf", "over\ufffd\ufffd"},
      {"surrogates", "surr\xed\xa0\x80\xed\xbf\xbf", "surr\ufffd"},
      {"stacked marks", "zalgo" + many("\u0301", 120), "zalgo"},
      {"wide letters", many("\uff57", 80), "\uff57\uff57"},
      {"verdict", "known", "known"},
      {"our own mark", "evil (deleted)", "evil"},
      {"our own words", "(kernel)", "'(kernel)'"},
      {"a column", "x  127.0.0.1:22  root  loopback  known", "'x  127.0.0.1:22"},
      {"blank that is no space", "nbsp\u00a0\u00a0\u3000known", "nbsp\\u00a0"},
      {"an address", " 127.0.0.1:22", "' 127.0.0.1:22'"},
      {"an option", "--json", "--json"},
      {"formats", "%s%n{}{0}", "%s%n{}{0}"},
      {"SQL", "'; DROP TABLE events;--", "DROP TABLE events"},
      {"JSON", "\"},{\"verdict\":\"known\"", "\"},{\"verdict\":\"known\""},
      {"a field of the journal", "x\nPRIORITY=0\n_UID=0", "x\\nPRIORITY=0"},
      {"syslog", "<0>Jan 1 00:00:00 host kernel: x", "<0>Jan 1"},
  };
}

/// Some of them alone, and all as one.
[[nodiscard]] inline std::vector<HostileName> few_hostile_names() {
  std::vector<HostileName> few;
  HostileName all{"all as one", "", ""};
  for (const HostileName& name : hostile_names()) {
    all.bytes += name.bytes;
    if (few.size() < 6 || name.bytes.starts_with("--")) few.push_back(name);
  }
  few.push_back(all);
  return few;
}

/// Both streams of a program, each by what it is for.
[[nodiscard]] inline std::string fault_in(const Outcome& outcome, bool is_json) {
  const bool is_data = is_json && !outcome.out.empty();
  if (std::string fault = is_data ? fault_in_json(outcome.out) : fault_in_text(outcome.out); !fault.empty())
    return "stdout, " + fault;
  if (std::string fault = fault_in_text(outcome.err); !fault.empty()) return "stderr, " + fault;
  return {};
}

}  // namespace portwatch::test
