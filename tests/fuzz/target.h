// SPDX-License-Identifier: Apache-2.0
#pragma once

// What fuzzing calls: one function for each place where bytes from outside come in. A function takes any
// bytes, ends soon, and aborts when a law of its place does not hold. The same functions are run by libFuzzer
// (fuzzer.cpp) and, on the inputs that are kept in corpus/, by the suite (corpus_test.cpp).

#include <array>
#include <string_view>

#include "common/base/assert.h"

namespace portwatch::fuzz {

void bpf_events(std::string_view input);
void configuration(std::string_view input);
void framing(std::string_view input);
void messages(std::string_view input);
void netlink(std::string_view input);
void proc(std::string_view input);
void secrets(std::string_view input);
void traces(std::string_view input);
void typed(std::string_view input);

struct Target {
  std::string_view name;  ///< of the function, and of its folder in corpus/
  void (*run)(std::string_view input);
};

inline constexpr auto kTargets = std::to_array<Target>({{"bpf_events", bpf_events},
                                                        {"configuration", configuration},
                                                        {"framing", framing},
                                                        {"messages", messages},
                                                        {"netlink", netlink},
                                                        {"proc", proc},
                                                        {"secrets", secrets},
                                                        {"traces", traces},
                                                        {"typed", typed}});

/// Takes the first byte off the input; 0 when there is none.
[[nodiscard]] inline unsigned char take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const char first = input.front();
  input.remove_prefix(1);
  return static_cast<unsigned char>(first);
}

}  // namespace portwatch::fuzz
