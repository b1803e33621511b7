// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads what the kernel's programs tell, on a thread of its own: who is named there may be asked of a slow
// name service. Between two readings of a burst two milliseconds pass, because each wake-up costs those who
// are watched. Where as much comes as can be read, it is passed on in pieces: the ring need not be empty for
// it.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/interface/sensor.h"
#include "daemon/sensor/linux/bpf/event_programs.h"
#include "daemon/sensor/linux/event_translator.h"
#include "daemon/sensor/linux/observation_queue.h"

namespace portwatch::sensor {

class EventThread final : public interface::EventSource {
 public:
  static constexpr base::Micros kBundle = std::chrono::milliseconds{2};
  /// So many records are passed on together.
  static constexpr std::size_t kMostInBundle = 1024;
  /// A bind that did not succeed in so long was refused.
  static constexpr base::Micros kWishPatience = std::chrono::seconds{1};
  /// So many observations may wait to be taken: some 40 MB, at the end of a burst.
  static constexpr std::size_t kMostWaiting = 262144;
  /// flush() waits no longer.
  static constexpr base::Micros kFlushPatience = std::chrono::seconds{1};

  /// Errors: no descriptor is free.
  [[nodiscard]] static base::Result<std::unique_ptr<EventThread>> start(bpf::EventPrograms programs,
                                                                        EventTranslator translator);
  /// Waits for a question to the name service that is under way.
  ~EventThread() override;
  EventThread(const EventThread&) = delete;
  EventThread& operator=(const EventThread&) = delete;

  [[nodiscard]] int descriptor() const override { return queue_->descriptor(); }
  [[nodiscard]] std::vector<model::Observation> take(std::size_t most) override { return queue_->take(most); }
  [[nodiscard]] bool may_wait() override { return queue_->may_wait(); }
  /// Who asks now and then has what leaves no record looked for as well: losses, and binds that were refused.
  [[nodiscard]] std::optional<std::string> failure() override;

  /// All that the kernel told before this call can be taken when it returns, unless it took too long.
  /// Whatever comes meanwhile is not waited for. Thread: any but its own; blocks.
  void flush();

  /// As in EventPrograms. Thread: any.
  [[nodiscard]] bpf::Losses losses() const { return programs_.losses(); }
  [[nodiscard]] base::Status watch(const bpf::ImageId& holder) { return programs_.watch(holder); }
  void unwatch(base::Pid pid) { programs_.unwatch(pid); }
  [[nodiscard]] std::vector<base::Pid> watched() const { return programs_.watched(); }

 private:
  EventThread(bpf::EventPrograms programs, EventTranslator translator,
              std::unique_ptr<ObservationQueue> queue, platform::Descriptor wake);

  /// What was told until a time.
  struct Mark {
    std::uint64_t end = 0;  ///< as of Ring::produced()
    base::BootTime at;
    std::uint64_t flushes = 0;  ///< those that wait for it
  };
  /// How a reading ended.
  enum class Left : std::uint8_t {
    kNothing,  ///< there was nothing to read, and is not
    kUnknown,  ///< something was read, or is being written
    kMore,     ///< there is more
  };

  void run();
  void set_mark(std::uint64_t flushes_wanted);
  Left read();
  void note_losses(std::vector<model::Observation>& told);
  void look_for_wishes(bool has_newcomer, std::vector<model::Observation>& told);
  void wait(bool is_quiet);
  void wake();

  bpf::EventPrograms programs_;
  EventTranslator translator_;
  std::unique_ptr<ObservationQueue> queue_;
  platform::Descriptor wake_;

  std::mutex mutex_;
  std::condition_variable is_flushed_;
  // These under the mutex.
  std::uint64_t flushes_wanted_ = 0;
  std::uint64_t flushes_done_ = 0;
  bool is_ending_ = false;

  // The thread's own.
  std::uint64_t known_losses_ = 0;
  std::uint64_t known_unseen_ = 0;  ///< holders that cannot be watched
  std::uint64_t unreadable_ = 0;
  std::optional<base::BootTime> wishes_due_;  ///< when to ask for refused binds that nothing else reveals
  std::optional<Mark> mark_;                  ///< not reached yet
  base::BootTime read_until_;                 ///< all that happened before was told, or is counted as lost
  std::thread thread_;
};

}  // namespace portwatch::sensor
