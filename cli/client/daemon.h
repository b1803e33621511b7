// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the commands may ask of a daemon. One implementation speaks the protocol, another answers from memory
// in tests.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/model/alert.h"
#include "common/model/event.h"
#include "common/model/query.h"
#include "common/model/status.h"
#include "common/protocol/cursor.h"
#include "common/protocol/messages.h"

namespace portwatch::cli {

enum class AlertAction { kApprove, kReject, kAcknowledge };

/// A cursor with an empty epoch is one of the daemon's present log.
using EventsQuestion = protocol::EventsListParams;
using EventsAnswer = protocol::EventsListResult;

/// Thread: one. Every function blocks until the answer is there, for a bounded time (follow(): without an
/// end). Errors of all: what the daemon says (kNotFound, kPermissionDenied, …); kUnavailable with is_lost()
/// when it went away.
class Daemon {
 public:
  virtual ~Daemon() = default;

  [[nodiscard]] virtual base::Result<model::Status> status() = 0;
  /// Who listens now, on this port or on any, all pages joined, sorted by port.
  [[nodiscard]] virtual base::Result<std::vector<model::ListenerRef>> listeners(
      std::optional<base::Port> port) = 0;
  /// The same on all ports with what model::in_brief() leaves, in a fraction of the time.
  [[nodiscard]] virtual base::Result<std::vector<model::ListenerRef>> listeners_in_brief() = 0;
  [[nodiscard]] virtual base::Result<std::vector<model::ListenerRef>> listeners_at(
      const model::PastQuery& query) = 0;
  /// Who is connected to the port now.
  [[nodiscard]] virtual base::Result<model::ConnectionList> connections(base::Port port) = 0;
  /// One page.
  [[nodiscard]] virtual base::Result<EventsAnswer> events(const EventsQuestion& question) = 0;
  /// One page.
  [[nodiscard]] virtual base::Result<model::AlertPage> alerts(const model::AlertQuery& query) = 0;
  [[nodiscard]] virtual base::Result<model::Alert> change_alert(base::AlertId id, AlertAction action) = 0;

  struct Follower {
    std::function<void(const model::Event& event)> on_event;
    std::function<void()> on_unknown_event = {};  ///< of a kind that only a later version knows; may be empty
    std::function<bool()>
        is_listening;  ///< asked after each event and at least once a second; no: follow() returns
  };
  /// Gives each event that is committed from now on, or behind `question.after`, and keeps that at the place
  /// behind what was given, so that following can go on there. Of the question only `after` and the filters
  /// count, not times and limits.
  [[nodiscard]] virtual base::Status follow(EventsQuestion& question, const Follower& follower) = 0;

  /// Whether the connection has ended: then only connecting again helps.
  [[nodiscard]] virtual bool is_lost() const = 0;
};

/// A daemon, and where it was found.
struct FoundDaemon {
  std::unique_ptr<Daemon> daemon;
  protocol::HelloResult hello;
  std::string socket;
  std::string why;  ///< "yours", "the system's", "named by --socket"
};

/// A socket to try.
struct SocketChoice {
  std::string path;
  std::string why;
};

/// Tries the choices in their order. The error names them all; its code is kPermissionDenied (somebody
/// listens, but not for us), kTimeout (one runs, but does not answer), kUnsupported (it speaks another
/// version of the protocol), kCorrupt (what it says is no message), or another one: nobody answers.
using Connector = std::function<base::Result<FoundDaemon>(const std::vector<SocketChoice>& choices)>;

}  // namespace portwatch::cli
