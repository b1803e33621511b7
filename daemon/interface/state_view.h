// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the server may ask of the running daemon. Thread: the loop's, for all of it.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/model/connection.h"
#include "common/model/listener.h"
#include "common/model/query.h"
#include "common/model/status.h"

namespace portwatch::interface {

/// The picture in memory; answers at once, also when the store does not.
class StateView {
 public:
  virtual ~StateView() = default;

  [[nodiscard]] virtual model::Status status() const = 0;

  /// The last event that is known to be committed.
  [[nodiscard]] virtual base::Seq last_seq() const = 0;

  /// What the last look covered.
  [[nodiscard]] virtual model::Coverage coverage() const = 0;

  /// Who listens now, sorted by port, protocol, address, then key. Valid until control returns to the loop.
  [[nodiscard]] virtual const std::vector<model::ListenerRef>& listeners() const = 0;
};

/// One client's questions to the store, and others that take their time. They are answered off the loop;
/// `done` is called on it, later, exactly once, unless this was destroyed before: then it is not called, and
/// what still waits is never asked.
class Queries {
 public:
  template <class T>
  using Done = std::function<void(base::Result<T>)>;

  virtual ~Queries() = default;

  virtual void events(model::EventQuery query, Done<model::EventPage> done) = 0;
  virtual void alerts(model::AlertQuery query, Done<model::AlertPage> done) = 0;
  virtual void listeners_at(model::PastQuery query, Done<model::PastPage> done) = 0;
  /// Asked of the system, not of the store. Errors: also kUnsupported, where that cannot be asked.
  virtual void connections(base::Port port, Done<model::ConnectionList> done) = 0;
};

/// Where each client gets its own.
class QuerySource {
 public:
  virtual ~QuerySource() = default;

  /// Of a client of this user. They are answered in turns, by fair shares of users, then of their clients.
  /// Must not outlive the source.
  [[nodiscard]] virtual std::unique_ptr<Queries> queries_of(base::Uid uid) = 0;
};

enum class AlertAction : std::uint8_t { kApprove, kReject, kAcknowledge };

/// What a person may change.
class Commands {
 public:
  using Allowed = std::function<base::Status(const model::Alert& alert)>;
  using Done = std::function<void(base::Result<model::Alert>)>;

  virtual ~Commands() = default;

  /// `allowed` is asked about the alert as it is in the moment in which it is changed, with its listener as
  /// it is by then; what it refuses with is the answer. `done` is called on the loop once the change is
  /// committed, or refused: also kNotFound (no such alert waits), kConflict (it is already so), kUnavailable
  /// (the store cannot write now).
  virtual void change_alert(base::AlertId id, AlertAction action, std::string actor, Allowed allowed,
                            Done done) = 0;
};

}  // namespace portwatch::interface
