// SPDX-License-Identifier: Apache-2.0
// What portwatch costs, beside `ss -ltunp` and `lsof` in the same run:
// cost_bench [LISTENERS [PROCESSES [ROUNDS [IDLE SECONDS [FILES]]]]]. run.sh runs it as it is meant to be
// run. FILES are what each process has open besides.
//
// It starts processes that listen and a portwatchd, and takes turns. A full scan is a new sensor's first, a
// steady scan one of a sensor that has looked before: both in this process. Programs are measured from exec
// to exit, with their output in a file. Cold is a program that is not in the page cache, and a daemon that
// was never asked before.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/platform/descriptor.h"
#include "daemon/sensor/linux/make_sensor.h"
#include "tests/bench/listening_processes.h"
#include "tests/bench/measuring.h"
#include "tests/bench/watched_daemon.h"

namespace portwatch::bench {
namespace {

using Words = std::vector<std::string>;

const Words kSs{"ss", "-H", "-ltunp"};
const Words kLsof{"lsof", "-nP", "-iTCP", "-sTCP:LISTEN", "-iUDP"};
constexpr int kColdRounds = 5;
/// lsof, and all of a list as JSON, take seconds where the others take a fraction of one.
constexpr int kRoundsOfTheSlow = 5;
constexpr int kManyLists = 100;

struct Plan {
  int listeners = 10'000;
  int processes = 10;
  int rounds = 20;
  int idle_seconds = 30;
  int files = 0;
};

std::unique_ptr<interface::Sensor> new_sensor() {
  auto sensor = sensor::make_sensor({.use_events = false});
  if (sensor) return *std::move(sensor);
  fmt::print(stderr, "no sensor: {}\n", sensor.error().message);
  std::exit(1);
}

std::size_t scan(interface::Sensor& sensor) {
  const auto snapshot = sensor.scan();
  if (snapshot) return snapshot->sightings.size();
  fmt::print(stderr, "scan failed: {}\n", snapshot.error().message);
  std::exit(1);
}

/// The sensor that is told by the kernel. Null where it does not work.
std::unique_ptr<interface::Sensor> new_told_sensor() {
  auto sensor = sensor::make_sensor({});
  if (!sensor || (*sensor)->events() == nullptr) return nullptr;
  return *std::move(sensor);
}

/// Takes a program's file out of the page cache, where nobody runs it.
void make_cold(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ::fdatasync(fd);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
}

std::string find_in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "/usr/bin" : path;
  for (std::size_t start = 0; start < folders.size();) {
    const std::size_t end = std::min(folders.find(':', start), folders.size());
    const std::string found = folders.substr(start, end - start) + "/" + name;
    if (::access(found.c_str(), X_OK) == 0) return found;
    start = end + 1;
  }
  return name;
}

void measure_in_turns(const Plan& plan, const WatchedDaemon& daemon) {
  const auto steady_sensor = new_sensor();
  static_cast<void>(scan(*steady_sensor));
  const auto told_sensor = new_told_sensor();
  if (told_sensor) static_cast<void>(scan(*told_sensor));
  const std::string out = daemon.file("output");
  Series told("steady scan by the sensor `bpf`");
  Series ss("`ss -ltunp`"), lsof("`lsof -nP -iTCP -sTCP:LISTEN -iUDP`"), full("full scan"),
      steady("steady scan"), list("`portwatchctl list`"), json("`portwatchctl list --json`"),
      status("`portwatchctl status`");
  for (int round = 0; round < plan.rounds; ++round) {
    const bool is_of_the_slow = round < kRoundsOfTheSlow;
    ss.add(cost_of(kSs, out));
    list.add(cost_of(daemon.command({"list"}), out));
    const auto fresh = new_sensor();
    full.add(cost_of([&] { static_cast<void>(scan(*fresh)); }));
    steady.add(cost_of([&] { static_cast<void>(scan(*steady_sensor)); }));
    if (told_sensor) told.add(cost_of([&] { static_cast<void>(scan(*told_sensor)); }));
    status.add(cost_of(daemon.command({"status"}), out));
    if (is_of_the_slow) json.add(cost_of(daemon.command({"list", "--json"}), out));
    if (is_of_the_slow) lsof.add(cost_of(kLsof, out));
  }
  std::vector<const Series*> rows{&ss, &lsof, &full, &steady, &list, &json, &status};
  if (told_sensor) rows.push_back(&told);
  print_table(rows);
}

void measure_cold(const Programs& programs) {
  Series ss("`ss -ltunp`, cold"), list("`portwatchctl list`, cold"), status("`portwatchctl status`, cold");
  for (int round = 0; round < kColdRounds; ++round) {
    const WatchedDaemon daemon(programs);
    make_cold(find_in_path("ss"));
    ss.add(cost_of(kSs, daemon.file("output")));
    make_cold(programs.portwatchctl);
    list.add(cost_of(daemon.command({"list"}), daemon.file("output")));
    make_cold(programs.portwatchctl);
    status.add(cost_of(daemon.command({"status"}), daemon.file("output")));
  }
  print_table({&ss, &list, &status});
}

void print_memory(const char* when, const Memory& memory) {
  fmt::print("{}: {:.1f} MB private, {:.1f} MB with its share of what others use too (Pss)\n", when,
             static_cast<double>(memory.private_kib) / 1000 * 1.024,
             static_cast<double>(memory.pss_kib) / 1000 * 1.024);
}

void measure_idle(const Plan& plan, const WatchedDaemon& daemon) {
  const Usage before = daemon.usage();
  ::poll(nullptr, 0, plan.idle_seconds * 1000);
  const Usage after = daemon.usage();
  const double minutes = plan.idle_seconds / 60.0;
  fmt::print("idle: {:.0f} ms of CPU and {:.0f} wake-ups a minute\n",
             (after.cpu_ms - before.cpu_ms) / minutes,
             static_cast<double>(after.wake_ups - before.wake_ups) / minutes);
}

void run(const Plan& plan, const Programs& programs) {
  fmt::print("\n### {} listeners, {} processes with {} other files each (medians of {})\n\n", plan.listeners,
             plan.processes, plan.files, plan.rounds);
  std::vector<platform::Descriptor> inherited;
  for (int i = 0; i < plan.files; ++i) inherited.emplace_back(::open("/dev/null", O_RDONLY));
  const ListeningProcesses listening(plan.listeners, plan.processes);
  inherited.clear();
  WatchedDaemon daemon(programs);
  const double ready = daemon.milliseconds_to_ready();
  const double stored = daemon.milliseconds_to_stored();
  const Memory at_first = daemon.memory();
  measure_in_turns(plan, daemon);
  fmt::print("\n");
  if (plan.idle_seconds > 0) {
    measure_cold(programs);
    fmt::print("\n");
    measure_idle(plan, daemon);
  }
  print_memory("memory after the first look", at_first);
  for (int i = 0; i < kManyLists; ++i)
    static_cast<void>(cost_of(daemon.command({"list"}), daemon.file("output")));
  print_memory("memory after many lists", daemon.memory());
  fmt::print("answers {:.0f} ms after its start, has stored all after {:.0f} ms, ends in {:.0f} ms\n", ready,
             stored, daemon.stop());
}

}  // namespace
}  // namespace portwatch::bench

int main(int argc, char** argv) {
  using namespace portwatch::bench;
  Plan plan;
  int* const numbers[] = {&plan.listeners, &plan.processes, &plan.rounds, &plan.idle_seconds, &plan.files};
  for (int i = 1; i < argc && i <= 5; ++i) *numbers[i - 1] = std::atoi(argv[i]);
  if (argc > 6 || plan.listeners < 1 || plan.processes < 1 || plan.rounds < 1) {
    fmt::print(stderr, "usage: cost_bench [LISTENERS [PROCESSES [ROUNDS [IDLE SECONDS [FILES]]]]]\n");
    return 2;
  }
  const char* folder = std::getenv("PORTWATCH_BIN_DIR");
  const std::string bin = folder == nullptr ? PW_BIN_DIR : folder;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  run(plan, {.portwatchd = bin + "/portwatchd", .portwatchctl = bin + "/portwatchctl"});
  return 0;
}
