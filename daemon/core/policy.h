// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a listener belongs here, and who hears of it if not: the baseline, the detectors and the alerts
// together.
//
// One look is one round: what opened and what changed hands is judged first, and finish() then tells what
// came of it, so that several sockets of one service make one alert, and the events of a round stand in a
// sensible order.

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/error.h"
#include "common/model/event.h"
#include "common/model/status.h"
#include "daemon/core/alert_book.h"
#include "daemon/core/baseline.h"
#include "daemon/core/changes.h"

namespace portwatch::core {

class Policy {
 public:
  struct Options {
    model::Profile profile = model::Profile::kLaptop;
    base::Micros learning{};
  };

  /// What an earlier run left.
  struct Past {
    std::vector<model::ListenerRef> open_listeners;
    std::vector<model::BaselineEntry> baseline;
    std::vector<model::Alert> alerts;
    base::AlertId last_alert_id;
    std::optional<base::UtcTime> learning_until;  ///< unset: no first scan was made yet
  };

  Policy(Options options, Past past);

  /// For what is judged from now on. While learning goes on, another length of it counts from where learning
  /// began, and `policy_changed` says when it ends now; end_learning() then ends it.
  [[nodiscard]] std::vector<model::Event> set_options(Options options, base::Moment now);

  /// Once, before the first round. From now on learning lasts by the boot clock: a wall clock that is set
  /// must neither end it nor draw it out.
  void start(base::Moment now);

  /// What closed; before what opened instead of it in the same round.
  void close(const model::Listener& listener);

  /// Give the verdict of what opened: first all that a first scan found, then each of the others.
  void learn(const std::vector<Changes::Opened>& opened, base::Moment now);
  void open(const Changes::Opened& opened, base::Moment now);
  void change_owner(const Changes::OwnerChanged& change, base::Moment now);
  /// What does not get its address, again and again, and so did not come to be. An approved service is
  /// silent.
  void complain(const model::ListenerRef& wanted, model::Reason reason, base::Moment now);
  /// Of a newcomer that is not announced yet.
  void preview(model::Listener& listener) const;

  /// Ends the round: `policy_changed`, then what became of the alerts. The first round ends the first scan.
  [[nodiscard]] std::vector<model::Event> finish(base::Moment now);

  /// A person's word. `listener`: the alert's, as it is now, of the same service; null: as it was.
  /// Errors: as AlertBook::set_state.
  [[nodiscard]] base::Result<std::vector<model::Event>> decide(base::AlertId id, model::AlertState state,
                                                               const std::string& actor,
                                                               model::ListenerRef listener, base::Moment now);

  /// Takes back the last decision, before anything else is learned. Gives the service that it was about;
  /// nothing when there was none.
  std::optional<model::ServiceKey> take_back_decision();

  [[nodiscard]] model::Verdict verdict_of(const model::ServiceKey& service) const;

  /// The alerts whose delivery waited for the end of learning, once it is over.
  [[nodiscard]] std::vector<model::Event> end_learning(base::Moment now);

  [[nodiscard]] const AlertBook& alerts() const { return alerts_; }
  [[nodiscard]] const Baseline& baseline() const { return baseline_; }
  /// When learning ends or ended; unset: no first scan was made yet.
  [[nodiscard]] std::optional<base::UtcTime> end_of_learning() const { return learning_until_; }
  /// Set while the baseline is being learned.
  [[nodiscard]] std::optional<base::UtcTime> learning_until() const;

 private:
  using Reasons = std::vector<model::Reason>;

  struct Decision {
    model::Alert before;
    bool is_approval = false;
    std::optional<model::BaselineEntry> entry_before;
  };

  [[nodiscard]] bool is_learning(base::Moment now) const;
  [[nodiscard]] Reasons objections_to(const model::Listener& listener,
                                      const model::BaselineEntry* entry) const;
  [[nodiscard]] Reasons unknown(const model::Listener& listener, const model::Listener* former) const;
  void judge(const std::shared_ptr<model::Listener>& listener, const model::Listener* former,
             base::Moment now);
  void reveal(const std::shared_ptr<model::Listener>& listener, const model::Listener& former,
              base::Moment now);
  void add_concern(const model::ListenerRef& listener, Reasons reasons, base::Moment now);
  void weigh(Concern& concern, base::Moment now) const;
  void add_to_baseline(const model::Listener& listener, model::BaselineOrigin origin, std::string_view by,
                       base::Moment now);
  void leave(const model::ServiceKey& service);

  Options options_;
  std::optional<base::UtcTime> learning_until_;
  std::optional<base::BootTime> learning_ends_;
  bool has_learning_ended_ = false;
  std::optional<Decision> last_decision_;
  Baseline baseline_;
  AlertBook alerts_;
  std::unordered_map<model::ServiceKey, int, ServiceKeyHash>
      listening_;  ///< how many listeners a service has

  // The round.
  std::vector<model::BaselineEntry> learned_;
  std::vector<Concern> concerns_;  ///< one for each service
  std::unordered_map<model::ServiceKey, std::size_t, ServiceKeyHash> concern_of_;
  std::vector<AlertChange> changes_;
};

}  // namespace portwatch::core
