// SPDX-License-Identifier: Apache-2.0
#pragma once

// Random numbers for property tests: the same seed gives the same numbers on every machine and library,
// because the generator and the distributions are our own. Print the seed with each failure:
// SCOPED_TRACE(random.seed()).

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/assert.h"

namespace portwatch::test {

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : seed_(seed), state_(seed) {}

  [[nodiscard]] std::uint64_t seed() const { return seed_; }

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }

  /// 0 to count − 1. Small counts are a little likelier to give small numbers; tests do not mind.
  std::uint64_t below(std::uint64_t count) {
    PW_ASSERT(count > 0);
    return next() % count;
  }

  /// first to last, both included.
  template <class T>
  T between(T first, T last) {
    const auto span = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
    const std::uint64_t step = span == std::numeric_limits<std::uint64_t>::max() ? next() : below(span + 1);
    return static_cast<T>(static_cast<std::uint64_t>(first) + step);
  }

  bool chance(unsigned percent) { return below(100) < percent; }

  template <class T>
  const T& pick(const std::vector<T>& choices) {
    PW_ASSERT(!choices.empty());
    return choices[below(choices.size())];
  }

  /// 0 to `longest` bytes of any value.
  std::string bytes(std::size_t longest) {
    std::string text(below(longest + 1), '\0');
    for (char& c : text) c = static_cast<char>(static_cast<unsigned char>(below(256)));
    return text;
  }

  /// 0 to `longest` code points of valid UTF-8: letters, marks that JSON, SQL and terminals treat specially,
  /// wide and combining characters, controls and NUL.
  std::string text(std::size_t longest) {
    static const std::vector<std::string> kPieces{
        "a", "b",  "Z",  "0",       " ",      "/",      "-",        "\"",     "\\",
        "'", "%",  "_",  "~",       "\n",     "\t",     "\x1b[31m", "\x7f",   "é",
        "ß", "中", "😀", "e\u0301", "\u202e", "\u0085", "\u2028",   "\ufeff", std::string(1, '\0')};
    std::string text;
    for (std::uint64_t left = below(longest + 1); left > 0; --left) text += pick(kPieces);
    return text;
  }

 private:
  std::uint64_t seed_;
  std::uint64_t state_;
};

}  // namespace portwatch::test
