// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/daemon.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/version.h"
#include "common/platform/memory.h"
#include "daemon/app/alert_log.h"
#include "daemon/app/clock.h"
#include "daemon/app/configuration_toml.h"
#include "daemon/app/process_user.h"
#include "daemon/app/sensor_choice.h"
#include "daemon/app/service_manager.h"
#include "daemon/app/state_directory.h"
#include "daemon/app/store_opening.h"
#include "daemon/core/retell.h"
#include "daemon/sensor/linux/make_sensor.h"
#include "daemon/server/socket_folder.h"
#include "daemon/server/socket_listener.h"

namespace portwatch::app {
namespace {

constexpr std::size_t kReaders = 2;
/// So many different things that cannot be seen are said in the log of a run.
constexpr std::size_t kMostSaidUnseen = 64;
/// The longest that may pass between two ticks. Each look brings one too, so with the usual beat of a second
/// this timer wakes nobody.
constexpr base::Micros kTick = std::chrono::milliseconds{1500};
/// So many looks in a row may fail of a sensor that is told what happens.
constexpr int kMostFailedLooks = 3;
/// The same when nothing is told and no decision is under way.
constexpr base::Micros kQuietTick = std::chrono::seconds{15};
/// So many observations leave memory behind that is worth giving back.
constexpr std::size_t kBurst = 10'000;
/// Between the news that holders have changed and the look that finds out: they mostly change in numbers.
constexpr base::Micros kSoon = std::chrono::seconds{1};
/// How long looks wait for what was told before them.
constexpr base::Micros kMostBehind = std::chrono::seconds{10};

core::Memory memory_of(interface::RestoredState state) {
  return {.open_listeners = std::move(state.open_listeners),
          .recently_closed = std::move(state.recently_closed),
          .baseline = std::move(state.baseline),
          .alerts = std::move(state.alerts),
          .last_alert_id = state.last_alert_id,
          .last_generation = state.last_generation,
          .last_alive = state.last_alive,
          .last_boot_id = std::move(state.last_boot_id),
          .learning_until = state.learning_until};
}

base::Result<model::ConnectionList> no_connections(base::Port /*port*/) {
  return base::fail(base::ErrorCode::kUnsupported, "this is a replay, and connections are not recorded");
}

}  // namespace

Daemon::Daemon(uv::Loop& loop, Log& log, Plan plan)
    : loop_(loop),
      log_(log),
      plan_(std::move(plan)),
      clock_(read_moment),
      tick_(loop, [this] { on_tick(); }),
      drain_(loop, [this] { on_drain_tick(); }),
      last_look_(loop, [this] {
        log_.warning("the look that runs takes more than {}: ending without it",
                     base::format_duration(kLastLook));
        must_abandon_ = true;  // its thread cannot be waited for
        on_looks_ended();
      }) {}

Daemon::~Daemon() = default;

base::Status Daemon::start() {
  auto lifecycle = Lifecycle::start(
      loop_, {.on_stop = [this](std::string_view why) { stop(why); }, .on_reload = [this] { reload(); }});
  if (!lifecycle) return base::with_context("cannot watch for signals", lifecycle.error());
  lifecycle_ = std::move(*lifecycle);

  auto folder = prepare_state_directory(plan_.settings.state_directory);
  if (!folder) return std::unexpected(folder.error());
  plan_.settings.state_directory = std::move(*folder);
  if (plan_.replay) PW_TRY(check_replay_folder());
  auto lock = InstanceLock::acquire(plan_.settings.state_directory);
  if (!lock) return std::unexpected(lock.error());
  lock_ = std::move(*lock);
  // Said now, and not after the first look; binding checks it once more.
  PW_TRY(server::prepare_socket_folder(plan_.settings.socket, audience()));
  PW_TRY(server::SocketListener::check_is_free(plan_.settings.socket));
  return plan_.replay ? start_replay() : start_watching();
}

base::Status Daemon::start_watching() {
  const auto host = sensor::read_host_facts(sensor::Options{}.proc);
  if (!host) return base::with_context("cannot read what machine this is", host.error());
  if (!plan_.sensor) {
    auto sensor = choose_sensor(plan_.configuration, log_);
    if (!sensor) return std::unexpected(std::move(sensor).error());
    plan_.sensor = *std::move(sensor);
  }
  note_what_was_said();
  std::vector<model::Event> retold;
  if (plan_.damage) retold = core::retell(plan_.damage->memory, read_moment());
  if (interface::EventSource* const source = plan_.sensor->events()) watch_events(*source);
  PW_TRY(start_store(host->boot_id, host->machine_hash));
  start_view();

  auto recorder = start_recording();
  if (!recorder) return std::unexpected(std::move(recorder).error());
  intake_.emplace(*engine_, clock_, *std::move(recorder));
  perform(intake_->start({.version = std::string(base::kVersion),
                          .sensor = plan_.sensor->info(),
                          .boot_id = boot_id_,
                          .machine_hash = host->machine_hash,
                          .rules = {},
                          .at = {}},
                         engine_options()));
  pump_->append(std::move(retold));
  scans_->start();
  tick_within(kTick);
  return {};
}

base::Status Daemon::start_store(const std::string& boot_id, const std::optional<std::string>& machine_hash) {
  boot_id_ = boot_id;
  auto store = open_store(plan_.settings.state_directory, machine_hash, read_moment().utc,
                          plan_.damage ? plan_.damage->what : "", store_progress_);
  if (!store) return std::unexpected(store.error());
  database_ = store->options.path;
  if (store->set_aside)
    log_.error("{}; it is now {}, and a new database is begun: {}", store->damage, store->set_aside->native(),
               plan_.damage && plan_.damage->memory.learning_until
                   ? "the history is gone, what belongs here and the alerts are not"
                   : "what listens now becomes the new baseline");
  else if (!store->opened.state.last_alive && !plan_.replay)
    log_.info("{} is new: what listens now becomes the baseline", database_.string());
  epoch_ = store->opened.state.epoch;
  host_id_ = store->opened.state.host_id;
  const base::Seq last_seq = store->opened.state.last_seq;
  core::Memory memory =
      plan_.damage ? std::move(plan_.damage->memory) : memory_of(std::move(store->opened.state));

  std::vector<std::unique_ptr<interface::EventReader>> readers;
  for (std::size_t i = 0; i < kReaders; ++i) {
    auto reader = store::open_reader(store->options);
    if (!reader) return std::unexpected(reader.error());
    readers.push_back(std::move(*reader));
  }
  engine_.emplace(engine_options(), std::move(memory));

  store::WriterThread::Options options;
  options.retention = plan_.replay ? std::nullopt : plan_.configuration.retention;
  options.max_pending_events = static_cast<std::size_t>(plan_.configuration.max_pending);
  options.boot_id = boot_id_;
  options.now = clock_;
  auto pump = EventPump::start(
      loop_, log_, std::move(store->opened.writer), std::move(options), last_seq,
      {.on_committed = [this](std::span<const model::Event> events) { on_committed(events); },
       .on_health = [this](const store::WriterHealth& health) { on_store_health(health); }});
  if (!pump) return std::unexpected(pump.error());
  pump_ = std::move(*pump);
  queries_.emplace(loop_, std::move(readers),
                   plan_.replay ? no_connections : sensor::make_connection_question({}));
  commands_.emplace(*engine_, *pump_, clock_, [this](bool is_held) { is_held ? hold() : release(); });
  return {};
}

void Daemon::start_view() {
  scans_.emplace(
      loop_, plan_.sensor, look_interval(), read_moment,
      ScanScheduler::Callbacks{
          .on_snapshot = [this](const model::Snapshot& snapshot) { return on_snapshot(snapshot); },
          .on_failure = [this](const base::Error& error, int in_a_row) { on_look_failed(error, in_a_row); },
          .on_recovery = [this] { log_.info("looking at the sockets works again"); }});
  const ProcessUser user = find_process_user();
  model::Status fixed;
  fixed.version = base::kVersion;
  fixed.pid = user.pid;
  fixed.uid = user.uid;
  fixed.user = user.name;
  fixed.profile = plan_.settings.profile;
  fixed.host_id = host_id_;
  fixed.epoch = epoch_;
  fixed.started_at = read_moment().utc;
  view_.emplace(
      *engine_, std::move(fixed),
      LiveView::Sources{.sensor = [this] { return plan_.sensor->info(); },
                        .scan = [this] { return replay_ ? replay_->status() : scans_->status(); },
                        .store = [this] { return store_status(); },
                        .last_seq = [this] { return pump_->last_seq(); },
                        .sessions = [this] { return server_ ? std::uint64_t{server_->sessions()} : 0U; }});
}

void Daemon::watch_events(interface::EventSource& source) {
  auto watch =
      EventWatch::make(loop_, source,
                       {.on_told = [this](const std::vector<model::Observation>& told) { on_told(told); },
                        .has_room = [this] { return has_room(); }});
  told_until_ = read_moment().boot;
  if (watch)
    events_ = std::move(*watch);
  else
    log_.error("what happens between two looks is missed: {}", watch.error().message);
}

bool Daemon::has_room() const {
  return pump_->pending() < static_cast<std::uint64_t>(plan_.configuration.max_pending) / 2;
}

void Daemon::on_told(const std::vector<model::Observation>& told) {
  core::Effects effects = intake_->on_observations(told);
  pump_->append(std::move(effects.events));
  told_since_trim_ += told.size();
  tick_within(kTick);
  if (effects.look_again)
    scans_->look_within(Cadence::kLookAgainDelay);
  else if (effects.look_soon)
    scans_->look_within(kSoon);
}

/// Whoever may load programs into the kernel may take ours away.
void Daemon::check_events() {
  if (!events_ || is_stopping_ || scans_->is_held()) return;
  const base::BootTime now = read_moment().boot;
  if (auto why = plan_.sensor->events()->failure())
    step_down(*std::move(why));
  else
    told_until_ = now;
}

/// To the next best sensor, for the rest of the run: the rights to load programs are given up.
void Daemon::step_down(std::string why) {
  log_.error("sensor {} has failed: {}; start portwatchd again to use it again", plan_.sensor->info().name,
             why);
  auto sensor = app::step_down(plan_.configuration, log_, std::move(why));
  if (!sensor) {
    log_.error("{}; what is told and seen goes on as it can", sensor.error().message);
    return;
  }
  const bool has_looked = events_->is_running();
  events_->finish(read_moment().boot);
  events_.reset();
  plan_.sensor = *std::move(sensor);
  note_what_was_said();
  scans_->use(plan_.sensor);
  scans_->set_interval(look_interval());
  perform(intake_->set_options(engine_options()));
  if (has_looked)
    on_told({model::ObservationsLost{.from = told_until_, .to = read_moment().boot}});
  else
    scans_->look_within(Cadence::kLookAgainDelay);
}

void Daemon::on_look_failed(const base::Error& error, int in_a_row) {
  if (in_a_row == 1)
    log_.error("cannot look at the sockets: {}; trying again, later and later", error.message);
  if (events_ && in_a_row < kMostFailedLooks)
    scans_->look_within(kSoon);
  else if (events_)
    step_down(fmt::format("it cannot look: {}", error.message));
  on_first_look();
}

/// The engine must learn nothing while a decision is under way.
void Daemon::hold() {
  tick_within(kTick);
  scans_->hold();
  if (events_) events_->hold();
}

void Daemon::release() {
  if (events_) events_->release();
  scans_->release();
}

/// Whether more was told to have happened before this look ended than could be taken now. What waits would be
/// taken for news then. But whoever keeps us busy must not keep us from looking.
bool Daemon::is_overtaking(const model::Snapshot& snapshot) {
  const bool is_behind = events_ && !events_->catch_up(snapshot.finished);
  const base::BootTime now = read_moment().boot;
  const base::BootTime since = behind_since_.value_or(now);
  const bool must_wait = is_behind && now - since < kMostBehind;
  behind_since_ = must_wait ? std::optional(since) : std::nullopt;
  return must_wait;
}

bool Daemon::on_snapshot(const model::Snapshot& snapshot) {
  if (have_looks_ended_) return false;
  if (is_overtaking(snapshot)) {
    scans_->look_within(kSoon);
    return false;
  }
  const bool look_again = perform(intake_->on_snapshot(snapshot));
  if (events_) events_->start();
  if (told_since_trim_ >= kBurst) {
    told_since_trim_ = 0;
    platform::give_back_memory();
  }
  on_first_look();
  on_tick();
  say_what_is_new_to_be_unseen();
  return look_again;
}

/// When the sensor was chosen.
void Daemon::note_what_was_said() {
  for (std::string& blind_spot : plan_.sensor->info().blind_spots) said_unseen_.insert(std::move(blind_spot));
}

/// How much cannot be looked into is known only by looking. Whoever runs many processes could fill the log
/// with what differs by a number alone.
void Daemon::say_what_is_new_to_be_unseen() {
  for (const std::string& blind_spot : plan_.sensor->info().blind_spots)
    if (said_unseen_.size() < kMostSaidUnseen && said_unseen_.insert(blind_spot).second)
      log_.warning("cannot see: {}", blind_spot);
}

void Daemon::on_first_look() {
  if (!server_ && !is_stopping_) start_server();
}

void Daemon::start_server() {
  server::Options options;
  options.socket = plan_.settings.socket;
  options.audience = audience();
  options.admin_group = plan_.configuration.admin_group;
  options.self_approve = may_self_approve(plan_.configuration, plan_.settings.profile);
  options.is_policy_locked = plan_.configuration.is_policy_locked;
  options.epoch = epoch_;
  options.host_id = host_id_;
  options.version = base::kVersion;
  options.max_sessions = static_cast<std::size_t>(plan_.configuration.max_sessions);
  options.max_sessions_per_user = static_cast<std::size_t>(plan_.configuration.max_sessions_per_user);
  options.farewell = kFarewell;
  auto server = server::Server::start(loop_, std::move(options), *view_, *queries_, *commands_);
  if (!server) {
    log_.error("cannot answer on {}: {}", plan_.settings.socket.string(), server.error().message);
    exit_code_ = server.error().code == base::ErrorCode::kPermissionDenied ? kExitDenied : kExitFailure;
    return stop("the socket cannot be used");
  }
  server_ = std::move(*server);
  if (const auto until = engine_->learning_until(); until && *until > clock_().utc)
    log_.info("learning what belongs here until {}", base::to_rfc3339(*until));
  log_.info("ready: {}; ask with: portwatchctl --socket {} status", summary(),
            plan_.settings.socket.string());
  last_summary_ = summary();
  notify_ready(last_summary_);
}

void Daemon::on_committed(std::span<const model::Event> events) {
  for (const model::Event& event : events) {
    if (event.listener != nullptr)
      log_.debug("{} {} {}", base::name_of(event.kind), event.listener->socket.place(),
                 event.listener->program.label);
    if (const auto* detail = std::get_if<model::AlertDetail>(&event.detail)) {
      const bool interrupts =
          event.kind == model::EventKind::kAlertRaised && detail->alert.delivery == model::Delivery::kNow;
      if (const auto passed_over = alert_pace_.pass(event))
        log_.write(interrupts ? LogLevel::kWarning : LogLevel::kInfo,
                   format_alert(detail->alert, *passed_over));
    }
  }
  if (server_) server_->publish(events);
}

void Daemon::on_store_health(const store::WriterHealth& health) {
  const store::WriterHealth before = std::exchange(store_health_, health);
  for (const auto& problem : {health.commit, health.prune})
    if (problem && problem->code == base::ErrorCode::kCorrupt) return on_damage(problem->message);
  if (health.commit && health.commit != before.commit)
    log_.error("the store cannot write: {}; watching goes on, and what is seen waits in memory",
               health.commit->message);
  if (before.commit && !health.commit) log_.info("the store can write again");
  if (health.prune && health.prune != before.prune)
    log_.error("what is old cannot be deleted from the history: {}; trying again", health.prune->message);
  if (before.prune && !health.prune) log_.info("what is old can be deleted again");
}

void Daemon::on_tick() {
  if (is_stopping_) return;
  tick_due_ = {};
  tick_within(events_ && !scans_->is_held() ? kQuietTick : kTick);
  check_events();
  commands_->on_tick();
  if (intake_ && !scans_->is_held()) perform(intake_->on_tick());
  if (!server_) return;
  if (const std::uint64_t count = engine_->alerts_not_raised(); count >= warn_at_not_raised_) {
    log_.warning("{} alerts were not raised, because too many of the same user wait: see portwatchctl alerts",
                 count);
    warn_at_not_raised_ = 2 * count;
  }
  if (std::string now = summary(); now != last_summary_) {
    last_summary_ = std::move(now);
    notify_status(last_summary_);
  }
}

void Daemon::tick_within(base::Micros most) {
  const base::BootTime due = read_moment().boot + most;
  if (tick_due_ != base::BootTime{} && tick_due_ <= due) return;
  tick_due_ = due;
  tick_.start_once(most);
}

bool Daemon::perform(core::Effects effects) {
  pump_->append(std::move(effects.events));
  return effects.look_again;
}

void Daemon::reload() {
  if (is_stopping_) return;
  if (plan_.replay) return log_.info("a replay does not read the configuration again");
  notify_reloading(read_monotonic());
  const auto fresh = read_configuration(plan_.file.path, plan_.file.must_exist);
  if (fresh) {
    apply(*fresh);
  } else {
    for (const std::string& problem : fresh.error()) log_.error("{}", problem);
    log_.error("the configuration was not reloaded: the old one stays");
  }
  if (!server_) return;
  last_summary_ = summary();
  notify_ready(last_summary_);
}

void Daemon::apply(const Configuration& fresh) {
  const auto changed = changed_keys(plan_.configuration, fresh);
  for (const Key* key : changed)
    log_.info("configuration: {} {} -> {}{}", key->name, value_text(plan_.configuration, *key),
              value_text(fresh, *key), key->needs_restart ? " (from the next start on)" : "");
  log_.info("configuration reloaded from {}: {}", plan_.file.path.string(),
            changed.empty() ? "nothing has changed" : fmt::format("{} changed", changed.size()));
  plan_.configuration = fresh;
  plan_.settings.log_level = plan_.options.log_level.value_or(fresh.log_level);
  log_.set_level(plan_.settings.log_level);
  perform(intake_->set_options(engine_options()));
  scans_->set_interval(look_interval());
  pump_->set_retention(fresh.retention);
  if (server_) server_->set_policy(may_self_approve(fresh, plan_.settings.profile), fresh.is_policy_locked);
}

server::Audience Daemon::audience() const {
  return plan_.settings.is_for_everybody ? server::Audience::kEverybody : server::Audience::kOwner;
}

core::Engine::Options Daemon::engine_options() const {
  if (plan_.replay) return options_of(plan_.replay->began().rules);
  return {.profile = plan_.settings.profile,
          .learning = plan_.configuration.learning,
          .scan_interval = look_interval()};
}

base::Micros Daemon::look_interval() const {
  return events_ ? plan_.configuration.reconcile_interval : plan_.configuration.scan_interval;
}

model::StoreStatus Daemon::store_status() const {
  model::StoreStatus status;
  status.path = database_.string();
  for (const char* suffix : {"", "-wal"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(database_.string() + suffix, error);
    if (!error) status.size_bytes += size;
  }
  status.last_seq = pump_->last_seq();
  status.pending_events = pump_->pending();
  const store::WriterHealth& health = pump_->health();
  if (const auto& problem = health.commit ? health.commit : health.prune) status.problem = problem->message;
  return status;
}

std::string Daemon::summary() const {
  std::uint64_t open_alerts = 0;
  for (const auto& [severity, count] : engine_->open_alerts()) open_alerts += count;
  const std::size_t listeners = engine_->listener_count();
  return fmt::format("{} listener{}, {} open alert{}", listeners, listeners == 1 ? "" : "s", open_alerts,
                     open_alerts == 1 ? "" : "s");
}

}  // namespace portwatch::app
