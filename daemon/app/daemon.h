// SPDX-License-Identifier: Apache-2.0
#pragma once

// The composition root: makes every part, wires them, and takes them apart in the right order. Thread: the
// loop's.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/uv/loop.h"
#include "common/uv/timer.h"
#include "daemon/app/alert_commands.h"
#include "daemon/app/alert_pace.h"
#include "daemon/app/configuration.h"
#include "daemon/app/event_pump.h"
#include "daemon/app/event_watch.h"
#include "daemon/app/instance_lock.h"
#include "daemon/app/intake.h"
#include "daemon/app/lifecycle.h"
#include "daemon/app/live_view.h"
#include "daemon/app/log.h"
#include "daemon/app/query_runner.h"
#include "daemon/app/replay.h"
#include "daemon/app/scan_scheduler.h"
#include "daemon/app/settings.h"
#include "daemon/core/engine.h"
#include "daemon/server/server.h"
#include "daemon/trace/source.h"

namespace portwatch::app {

class Daemon {
 public:
  /// How long it goes on to end without getting on: what was seen is committed, what clients asked is
  /// answered.
  static constexpr base::Micros kPatience = std::chrono::seconds{5};
  /// Of that, how long the look that runs may take to be taken in.
  static constexpr base::Micros kLastLook = std::chrono::seconds{3};
  /// And for clients to read what they asked for.
  static constexpr base::Micros kFarewell = std::chrono::seconds{1};

  /// Two databases that are damaged so soon after another are no accident, and a third would be damaged too.
  static constexpr base::Micros kDamageInterval = std::chrono::minutes{10};

  struct Plan {
    Options options;
    ConfigurationFile file;
    Configuration configuration;
    Settings settings;
    /// What the run before this one found wrong with its database, when, and what it knew.
    struct Damage {
      std::string what;
      base::BootTime at;
      core::Memory memory;
    };
    std::optional<Damage> damage;
    /// Of the run before this one, which gave up the rights that making it took. Null: one is to be chosen.
    std::shared_ptr<interface::Sensor> sensor;
    /// In place of this machine. Null: this machine is watched.
    std::shared_ptr<trace::Source> replay;
  };

  Daemon(uv::Loop& loop, Log& log, Plan plan);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Takes the state folder, opens the store, and begins to watch. The first look is still to come; the
  /// server answers once it was made.
  [[nodiscard]] base::Status start();

  /// Once the loop has ended. kExitFailure when something was lost on the way.
  [[nodiscard]] int exit_code() const { return exit_code_; }
  /// Once the loop has ended: whoever started us should start another one, with this plan, because the
  /// database was found to be damaged and a new one must be begun.
  [[nodiscard]] std::optional<Plan> next_plan() const;
  /// The drain took too long: a thread of the pool still hangs, so the process must end without waiting for
  /// it.
  [[nodiscard]] bool must_abandon() const { return must_abandon_; }

 private:
  base::Status start_watching();
  [[nodiscard]] base::Status check_replay_folder() const;
  base::Status start_replay();
  base::Status start_store(const std::string& boot_id, const std::optional<std::string>& machine_hash);
  base::Result<std::unique_ptr<TraceRecorder>> start_recording();
  void start_view();
  void start_server();
  void watch_events(interface::EventSource& source);
  void on_replayed(const base::Status& ended);
  void on_told(const std::vector<model::Observation>& told);
  void check_events();
  void step_down(std::string why);
  void on_look_failed(const base::Error& error, int in_a_row);
  void hold();
  void release();
  [[nodiscard]] bool is_overtaking(const model::Snapshot& snapshot);
  bool on_snapshot(const model::Snapshot& snapshot);
  void on_first_look();
  void note_what_was_said();
  void say_what_is_new_to_be_unseen();
  void on_committed(std::span<const model::Event> events);
  void on_store_health(const store::WriterHealth& health);
  void on_damage(const std::string& what);
  [[nodiscard]] bool has_room() const;
  void on_tick();
  void tick_within(base::Micros most);
  bool perform(core::Effects effects);
  void reload();
  void apply(const Configuration& configuration);
  void stop(std::string_view why);
  void on_looks_ended();
  void on_drain_tick();
  void end(int exit_code);
  [[nodiscard]] server::Audience audience() const;
  [[nodiscard]] core::Engine::Options engine_options() const;
  /// Who is told what happens looks only now and then.
  [[nodiscard]] base::Micros look_interval() const;
  [[nodiscard]] model::StoreStatus store_status() const;
  [[nodiscard]] std::string summary() const;

  uv::Loop& loop_;
  Log& log_;
  Plan plan_;
  std::function<base::Moment()> clock_;  ///< of what is watched; any thread may read it
  std::filesystem::path database_;
  std::string epoch_, host_id_, boot_id_;
  int exit_code_ = kExitOk;
  bool must_abandon_ = false;
  bool is_stopping_ = false;
  bool have_looks_ended_ = false;
  std::string store_damage_;
  store::WriterHealth store_health_;
  std::shared_ptr<std::atomic<std::uint64_t>> store_progress_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  std::uint64_t last_progress_ = 0;
  base::Micros idle_{};  ///< how long the drain has not got on
  std::string last_summary_;
  std::set<std::string> said_unseen_;
  AlertPace alert_pace_;
  std::uint64_t warn_at_not_raised_ = 1;
  base::BootTime tick_due_{};
  std::size_t told_since_trim_ = 0;
  std::optional<base::BootTime> behind_since_;  ///< looks wait for what was told before them
  base::BootTime told_until_{};                 ///< when the sensor was last known to tell everything

  // In the order in which they need each other: each is gone before what it uses.
  std::optional<InstanceLock> lock_;
  std::unique_ptr<Lifecycle> lifecycle_;
  std::optional<core::Engine> engine_;
  std::optional<Intake> intake_;  ///< none: a replay, or nothing has begun
  std::unique_ptr<EventPump> pump_;
  std::optional<AlertCommands> commands_;
  std::optional<QueryRunner> queries_;
  std::optional<ScanScheduler> scans_;
  std::unique_ptr<EventWatch> events_;  ///< null: the sensor only looks
  std::optional<Replay> replay_;
  std::optional<LiveView> view_;
  std::unique_ptr<server::Server> server_;
  uv::Timer tick_;
  uv::Timer drain_;
  uv::Timer last_look_;
};

}  // namespace portwatch::app
