// SPDX-License-Identifier: Apache-2.0
#pragma once

// Chooses the best sensor that works on this machine with these rights.

#include <functional>
#include <memory>
#include <string>

#include "common/base/error.h"
#include "common/model/connection.h"
#include "common/model/host_facts.h"
#include "daemon/interface/sensor.h"
#include "daemon/sensor/linux/wait_book.h"

namespace portwatch::sensor {

struct Options {
  std::string proc = "/proc";  ///< where procfs is mounted; tests give a folder of their own
  bool use_events = true;      ///< false: no programs in the kernel, and why
  std::string why_no_events = "switched off by configuration";
  bool use_netlink = true;  ///< false: the last resort, /proc/net/*
  /// How many descriptors of known processes are looked at again in one scan
  std::size_t revisit_descriptors = 500;
  /// So long a process may keep us waiting while we look into it
  base::Micros patience = WaitBook::kMostForProcess;
  bool looks_once = false;  ///< what a later look could miss is no blind spot then
};

/// Its scans have an end, whatever the processes do that it looks into.
/// Errors: when not even the last resort works; the message says what was tried.
[[nodiscard]] base::Result<std::unique_ptr<interface::Sensor>> make_sensor(Options options);

/// Who is connected to a port: asked of the system at that moment.
using ConnectionQuestion = std::function<base::Result<model::ConnectionList>(base::Port)>;
/// Thread: any; one question at a time, the others wait. Blocking, as ConnectionFinder::find; a process that
/// keeps it waiting is an error, and is left alone the next time.
[[nodiscard]] ConnectionQuestion make_connection_question(const Options& options);

/// What the machine is like. Blocking, some milliseconds.
[[nodiscard]] base::Result<model::HostFacts> read_host_facts(const std::string& proc);

}  // namespace portwatch::sensor
