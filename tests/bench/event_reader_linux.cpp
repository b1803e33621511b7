// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/event_reader_linux.h"

#include <poll.h>
#include <sys/stat.h>

#include <ctime>
#include <set>
#include <utility>
#include <variant>

namespace portwatch::bench {
namespace {

constexpr int kPaceMs = 2;
constexpr int kLongestSleepMs = 50;  // so that the end of a measurement is noticed

double thread_cpu_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

}  // namespace

EventReader::EventReader(sensor::bpf::EventPrograms& programs)
    : programs_(programs), thread_([this] { run(); }) {}

EventReader::~EventReader() {
  finish();
}

void EventReader::finish() {
  is_ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void EventReader::run() {
  struct stat status{};
  ::stat("/proc/self/ns/net", &status);
  const base::Netns ours{status.st_ino};
  std::set<std::pair<std::uint64_t, std::uint64_t>> known;  // start and exec of an image
  const auto take = [&](sensor::bpf::Bytes record) {
    ++told_.records;
    const auto event = sensor::bpf::decode_event(record);
    if (!event) return;
    if (const auto* const process = std::get_if<sensor::bpf::ProcessTold>(&*event)) {
      ++told_.processes;
      known.emplace(process->happening.image.start_ns, process->happening.image.exec_id);
    } else if (const auto* const opened = std::get_if<sensor::bpf::Opened>(&*event)) {
      if (opened->socket.record.netns != ours || !opened->socket.is_listening) return;
      ++told_.opened;
      const auto& image = opened->happening.image;
      if (!known.contains({image.start_ns, image.exec_id})) ++told_.without_process;
    } else if (const auto* const ended = std::get_if<sensor::bpf::Ended>(&*event)) {
      if (ended->netns == ours && ended->protocol == net::Protocol::kTcp) ++told_.ended;
    }
  };
  sensor::bpf::Ring& ring = programs_.ring();
  for (;;) {
    const std::size_t count = ring.drain(take);
    told_.cpu_ms = thread_cpu_ms();
    if (count == 0 && is_ending_) return;
    if (count > 0 || !ring.may_wait()) {
      ::poll(nullptr, 0, kPaceMs);
      continue;
    }
    pollfd readable{.fd = ring.fd(), .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, kLongestSleepMs) > 0) ++told_.wakeups;
  }
}

}  // namespace portwatch::bench
