// SPDX-License-Identifier: Apache-2.0
#pragma once

// Looking into processes where somebody watches that it gets on: whoever reads below /proc/PID makes a visit
// of it. Who keeps visitors waiting is noted, and is visited no more.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/strong_type.h"
#include "daemon/sensor/linux/wait_book.h"

namespace portwatch::sensor {

class Visit;

/// The visits of one thread, for as long as they get on.
class Visits {
 public:
  explicit Visits(std::shared_ptr<WaitBook> book) : book_(std::move(book)) {}

  struct Place {
    base::Pid pid{0};         ///< the process that is visited; 0: none
    std::uint64_t steps = 0;  ///< rises whenever a visit gets on

    bool operator==(const Place&) const = default;
  };

  // Thread: whoever watches.
  [[nodiscard]] Place place() const { return {.pid = base::Pid{pid_}, .steps = steps_}; }
  /// The thread that visits `pid` is left behind, and visits nobody any more when it is back. False: it has
  /// just ended.
  [[nodiscard]] bool give_up(base::Pid pid);

  // Thread: the visiting one's.
  void begin() { state_ = State::kGoing; }
  /// Nothing, unless it was given up: then whom it was waiting for.
  [[nodiscard]] std::optional<base::Pid> end();

 private:
  friend class Visit;
  enum class State : std::uint8_t { kIdle, kGoing, kGivenUp };
  [[nodiscard]] bool may_visit(base::Pid pid) { return state_ != State::kGivenUp && !book_->avoids(pid); }

  std::shared_ptr<WaitBook> book_;
  std::atomic<State> state_ = State::kIdle;
  std::atomic<std::int32_t> pid_ = 0;
  std::atomic<std::uint64_t> steps_ = 0;
  base::Pid given_up_at_{0};  ///< written before it is given up
  Visit* current_ = nullptr;  ///< the innermost
};

/// Lasts as long as the object. One within another: of a parent, for example.
class Visit {
 public:
  /// Waiting for less is nothing.
  static constexpr std::chrono::milliseconds kUnnoticed{100};
  /// No more of one visit counts: we may have been stopped meanwhile. Who lets us wait for ever is left
  /// behind.
  static constexpr std::chrono::milliseconds kMostNoticed{500};

  /// Null: nobody watches.
  Visit(Visits* visits, base::Pid pid);
  ~Visit() { end(); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  /// False: the process is to be left alone.
  [[nodiscard]] explicit operator bool() const { return is_allowed_; }
  /// In a long visit, now and then.
  void goes_on();
  /// Before its end.
  void end();

 private:
  using Clock = std::chrono::steady_clock;
  void note_wait();
  void begin();

  Visits* visits_;
  base::Pid pid_;
  bool is_allowed_ = true;
  Visit* outer_ = nullptr;
  Clock::time_point began_;
  long sleeps_ = 0;  ///< of this thread, until then
};

/// Where procfs is mounted, and who watches the visits there.
class Procfs {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a path alone is one that nobody watches
  Procfs(std::string path, std::shared_ptr<Visits> visits = nullptr)
      : path_(std::move(path)), visits_(std::move(visits)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Visit visit(base::Pid pid) const { return {visits_.get(), pid}; }

 private:
  std::string path_;
  std::shared_ptr<Visits> visits_;
};

}  // namespace portwatch::sensor
