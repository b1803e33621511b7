// SPDX-License-Identifier: Apache-2.0
// What every event store owes: a fact comes back as it was committed, and the next run is given what this one
// left.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/event_store/worlds.h"

namespace portwatch::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TYPED_TEST_SUITE(EventStoreContract, EventStoreWorlds);

TYPED_TEST(EventStoreContract, StartsEmptyAndNamed) {
  EXPECT_EQ(this->first_.host_id.size(), 32U);
  EXPECT_EQ(this->first_.epoch.size(), 16U);
  EXPECT_EQ(this->first_.last_seq.value, 0);
  EXPECT_FALSE(this->first_.last_alive);
  EXPECT_FALSE(this->first_.learning_until);
  EXPECT_THAT(this->page().events, IsEmpty());
}

TYPED_TEST(EventStoreContract, NumbersEventsFromOneWithoutHoles) {
  model::Listener listener = sample_listener(8080, 1);
  EXPECT_THAT(seqs(this->commit({opened_event(listener)})), ElementsAre(1));
  this->commit({}, 5);
  model::Listener other = sample_listener(8081, 2);
  EXPECT_THAT(seqs(this->commit({opened_event(other), closed_event(listener, 9)})), ElementsAre(2, 3));
  this->world_.start();
  EXPECT_THAT(seqs(this->commit({closed_event(other, 12)})), ElementsAre(4));
}

TYPED_TEST(EventStoreContract, GivesBackEveryKindOfEventAsItWasCommitted) {
  model::Listener listener = sample_listener(8080, 1);
  model::Alert alert = make_alert(1, listener);
  std::vector<model::Event> log;
  log.push_back({.time = exactly_at(0),
                 .kind = model::EventKind::kStarted,
                 .detail = model::StartedDetail{.version = "0.1.0", .sensor = "sock_diag"}});
  log.push_back(
      {.time = exactly_at(0),
       .kind = model::EventKind::kGap,
       .detail = model::GapDetail{.from = at(-500), .to = at(0), .reason = "the machine restarted"}});
  log.push_back({.time = exactly_at(1),
                 .kind = model::EventKind::kCoverageChanged,
                 .detail = model::CoverageDetail{
                     {.tables = {{.netns = base::Netns{7}, .family = net::Family::kIpv6}},
                      .holes = {{.table = {.netns = base::Netns{7}, .protocol = net::Protocol::kUdp},
                                 .reason = "denied"}},
                      .denied_processes = 12,
                      .are_bind_intents_known = true}}});
  log.push_back(opened_event(listener));
  log.push_back(alert_event(model::EventKind::kAlertRaised, alert, 2));
  log.push_back(owner_changed_event(listener, {sample_owner(4711), sample_owner(9588)}, 3));
  log.push_back(owner_changed_event(listener, {sample_owner(9588)}, 4));
  log.push_back({.time = exactly_at(5),
                 .kind = model::EventKind::kSuspended,
                 .detail = model::SuspendedDetail{.duration = std::chrono::minutes{7}}});
  listener.verdict = model::Verdict::kKnown;
  alert.listener = share(listener);
  alert.state = model::AlertState::kApproved;
  alert.changed_by = "ana (uid 1000)";
  log.push_back(alert_event(model::EventKind::kAlertChanged, alert, 6));
  model::Event policy = policy_event({make_baseline_entry(listener)}, 6);
  std::get<model::PolicyDetail>(policy.detail).learning_until = at(86'400);
  log.push_back(policy);
  log.push_back(closed_event(listener, 7));
  log.push_back({.time = exactly_at(8), .kind = model::EventKind::kStopped});

  const std::vector<model::Event> committed = this->commit(log);
  const model::EventPage page = this->page();
  ASSERT_EQ(page.events.size(), committed.size());
  for (std::size_t i = 0; i < committed.size(); ++i)
    EXPECT_EQ(page.events[i], committed[i]) << base::name_of(committed[i].kind);
  EXPECT_FALSE(page.next);
}

TYPED_TEST(EventStoreContract, KeepsWhoWasRefusedAsNoListener) {
  model::Event refused = make_event(model::EventKind::kBindConflict, 0, sample_listener(8080, 1));
  auto& detail = std::get<model::ConflictDetail>(refused.detail);
  detail.holders.front().program = std::string("a\0\xff,3:", 6);
  detail.holders.front().listener = sample_listener(8080, 2).key;
  detail.holders.push_back({.kind = model::HolderKind::kTimeWait});
  detail.count = 1'000'000;
  const auto committed = this->commit({refused});
  EXPECT_EQ(this->page().events, committed);
  EXPECT_EQ(this->page({.port = net::PortQuery{.port = base::Port{8080}}}).events, committed);
  EXPECT_EQ(this->page({.user = "ana"}).events, committed);
  const interface::RestoredState state = this->world_.start();
  EXPECT_TRUE(state.open_listeners.empty());
  EXPECT_TRUE(state.recently_closed.empty());
  EXPECT_EQ(state.last_generation, 1);
}

TYPED_TEST(EventStoreContract, KeepsRawBytesOfOtherProcesses) {
  const std::string hostile("\x1b[31m\0\xff\xfe'; DROP TABLE event; --\n,3:", 34);
  model::Process process = make_process(77);
  process.name = hostile;
  process.exe->path = hostile;
  process.argv = {hostile, "", hostile};
  process.cwd = hostile;
  process.user = hostile;
  process.unit = hostile;
  process.container = "";
  process.ancestors.front().name = hostile;
  process.login.user = hostile;
  process.login.peer = hostile;
  process.login.terminal = hostile;
  model::Listener listener = sample_listener(8080, 1);
  listener.socket.device = hostile;
  listener.owners = {std::make_shared<const model::Process>(process)};
  listener.program.id = hostile;
  listener.program.label = hostile;
  listener.service.program = hostile;
  listener.service.user = hostile;
  model::Alert alert = make_alert(1, listener);
  alert.reasons.front().text = hostile;
  alert.changed_by = hostile;
  const auto committed =
      this->commit({opened_event(listener), alert_event(model::EventKind::kAlertRaised, alert, 1)});
  EXPECT_EQ(this->page().events, committed);
  EXPECT_EQ(this->page({.program = hostile, .user = hostile, .unit = hostile}).events, committed);
}

TYPED_TEST(EventStoreContract, KeepsWhyAListenerEnded) {
  std::vector<model::Event> log;
  std::uint16_t port = 8080;
  for (const model::Ending& ending :
       {model::Ending{}, model::Ending{.cause = model::EndCause::kClosed, .pid = base::Pid{7}},
        model::Ending{.cause = model::EndCause::kExited, .exit_status = 255},
        model::Ending{.cause = model::EndCause::kKilled,
                      .pid = base::Pid{2'147'483'647},
                      .signal = "SIGRTMIN+2",
                      .has_core = true},
        model::Ending{.cause = model::EndCause::kEnded}}) {
    ++port;
    model::Listener listener = sample_listener(port, port);
    log.push_back(opened_event(listener));
    listener.ending = ending;
    log.push_back(closed_event(listener, port));
  }
  const auto committed = this->commit(log);
  EXPECT_EQ(committed, this->page().events);
}

TYPED_TEST(EventStoreContract, KeepsTheExtremesOfEveryNumber) {
  model::Listener listener = sample_listener(65'535, 1);
  listener.key.netns = base::Netns{~std::uint64_t{0}};
  listener.key.socket = {.kind = model::SocketId::Kind::kInode, .value = ~std::uint64_t{0}};
  listener.socket.netns = listener.key.netns;
  listener.socket.id = listener.key.socket;
  listener.socket.inode = ~std::uint64_t{0};
  listener.socket.uid = base::Uid{~std::uint32_t{0}};
  listener.socket.endpoint = {
      .protocol = net::Protocol::kUdp,
      .address = net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}),
      .port = base::Port{65'535}};
  listener.socket.is_v6only = false;
  listener.socket.is_mptcp = true;
  listener.service.port = std::nullopt;
  model::Process process = make_process(2'147'483'647);
  process.exe = std::nullopt;
  process.cwd = std::nullopt;
  process.uid = std::nullopt;
  process.user = std::nullopt;
  process.login = {
      .uid = base::Uid{~std::uint32_t{0}}, .session = ~std::uint32_t{0}, .leader = base::Pid{2'147'483'647}};
  process.argv = {};
  process.ancestors = {};
  process.is_argv_truncated = true;
  process.attribution = model::Attribution::kDenied;
  listener.owners = {std::make_shared<const model::Process>(process)};
  const auto committed = this->commit({opened_event(listener)});
  EXPECT_EQ(committed, this->page().events);
}

TYPED_TEST(EventStoreContract, ShowsOlderEventsWithTheListenerAsItWasThen) {
  model::Listener listener = sample_listener(8080, 1);
  std::vector<model::Event> log{opened_event(listener)};
  log.push_back(owner_changed_event(listener, {sample_owner(9588, "node")}, 3));
  listener.program.label = "node";
  listener.exposure = model::Exposure::kAny;
  listener.verdict = model::Verdict::kKnown;
  log.push_back(owner_changed_event(listener, {sample_owner(4711), sample_owner(9588, "node")}, 4));
  log.push_back(owner_changed_event(listener, {sample_owner(4711)}, 5));
  log.push_back(closed_event(listener, 6));
  const auto committed = this->commit(log);
  const auto events = this->page().events;
  ASSERT_EQ(events, committed);
  EXPECT_EQ(events[0].listener->owners.front()->name, "python3.11");
  EXPECT_EQ(events[1].listener->owners.front()->name, "node");
  EXPECT_FALSE(events[3].listener->closed);
  EXPECT_TRUE(events[4].listener->closed);
}

TYPED_TEST(EventStoreContract, TreatsAnExecAsTheFormerSelfLeaving) {
  model::Listener listener = sample_listener(8080, 1);
  std::vector<model::Event> log{opened_event(listener)};
  log.push_back(owner_changed_event(listener, {sample_owner(4711, "nginx")}, 3));
  const auto& change = std::get<model::OwnerChangedDetail>(log.back().detail);
  ASSERT_EQ(change.added.size(), 1U);
  ASSERT_EQ(change.removed.size(), 1U);
  const auto committed = this->commit(log);
  EXPECT_EQ(committed, this->page().events);
}

TYPED_TEST(EventStoreContract, FillsInTheEventThatARestartReplaces) {
  model::Listener before = sample_listener(8080, 1);
  this->commit({opened_event(before), closed_event(before, 5)});
  model::Listener after = sample_listener(8080, 2);
  model::Event opened = opened_event(after);
  opened.detail = model::OpenedDetail{.replaces = before.key, .replaces_seq = std::nullopt};
  const auto committed = this->commit({opened});
  EXPECT_EQ(std::get<model::OpenedDetail>(committed[0].detail).replaces_seq, base::Seq{2});
  EXPECT_EQ(this->page({.after = base::Seq{2}}).events, committed);
}

TYPED_TEST(EventStoreContract, FillsInTheReplacedEventOfTheSameGroup) {
  model::Listener before = sample_listener(8080, 1);
  this->commit({opened_event(before)});
  model::Listener after = sample_listener(8080, 2);
  model::Event opened = opened_event(after);
  opened.detail = model::OpenedDetail{.replaces = before.key, .replaces_seq = std::nullopt};
  const auto committed = this->commit({closed_event(before, 5), opened});
  EXPECT_EQ(std::get<model::OpenedDetail>(committed[1].detail).replaces_seq, base::Seq{2});
}

TYPED_TEST(EventStoreContract, AcceptsTheEndOfAListenerWhoseOpeningWasLost) {
  model::Listener listener = sample_listener(8080, 4);
  const auto committed = this->commit({closed_event(listener, 9)});
  EXPECT_EQ(committed, this->page().events);
  EXPECT_THAT(this->world_.start().open_listeners, IsEmpty());
}

TYPED_TEST(EventStoreContract, GivesTheNextRunWhatThisOneLeft) {
  model::Listener stays = sample_listener(8080, 1);
  model::Listener ends = sample_listener(8081, 7);
  this->commit({opened_event(stays), opened_event(ends)});
  model::Event policy = policy_event({make_baseline_entry(ends)}, 2);
  std::get<model::PolicyDetail>(policy.detail).learning_until = at(86'400);
  this->commit(
      {owner_changed_event(stays, {sample_owner(1), sample_owner(2)}, 2), policy, closed_event(ends, 3)});
  this->commit({}, 44);

  const interface::RestoredState state = this->world_.start();
  EXPECT_EQ(state.host_id, this->first_.host_id);
  EXPECT_EQ(state.epoch, this->first_.epoch);
  EXPECT_EQ(state.last_seq, base::Seq{5});
  EXPECT_EQ(state.last_generation, 7);
  EXPECT_EQ(state.last_alive, at(44));
  EXPECT_EQ(state.last_boot_id, kBootId);
  EXPECT_EQ(state.learning_until, at(86'400));
  ASSERT_EQ(state.open_listeners.size(), 1U);
  EXPECT_EQ(*state.open_listeners[0], stays);
  EXPECT_THAT(state.baseline, ElementsAre(make_baseline_entry(ends)));
}

TYPED_TEST(EventStoreContract, GivesTheNextRunTheAlertsThatWaitOrMustBeRemembered) {
  model::Listener listener = sample_listener(8080, 1);
  this->commit({opened_event(listener)});
  std::vector<model::Event> log;
  for (const auto state : {model::AlertState::kOpen, model::AlertState::kAcknowledged,
                           model::AlertState::kApproved, model::AlertState::kRejected}) {
    model::Alert alert = make_alert(static_cast<std::int64_t>(log.size()) + 1, listener);
    alert.state = state;
    log.push_back(alert_event(model::EventKind::kAlertRaised, alert, 2));
  }
  this->commit(log);
  const interface::RestoredState state = this->world_.start();
  EXPECT_EQ(state.last_alert_id, base::AlertId{4});
  ASSERT_EQ(state.alerts.size(), 3U);
  EXPECT_EQ(state.alerts[0].state, model::AlertState::kOpen);
  EXPECT_EQ(state.alerts[1].state, model::AlertState::kAcknowledged);
  EXPECT_EQ(state.alerts[2].state, model::AlertState::kRejected);
  EXPECT_EQ(*state.alerts[2].listener, listener);
}

TYPED_TEST(EventStoreContract, KeepsTheLatestStateOfAnAlertAndItsWholeStory) {
  model::Listener listener = sample_listener(8080, 1);
  model::Alert alert = make_alert(5, listener);
  this->commit({opened_event(listener), alert_event(model::EventKind::kAlertRaised, alert, 1)});
  alert.state = model::AlertState::kRejected;
  alert.changed_by = "ana (uid 1000)";
  this->commit({alert_event(model::EventKind::kAlertChanged, alert, 2)});
  model::Listener again = sample_listener(8080, 2);
  alert.state = model::AlertState::kOpen;
  alert.severity = model::Severity::kHigh;
  alert.count = 2;
  alert.last_seen_at = at(3);
  alert.reasons.insert(alert.reasons.begin(),
                       {.code = model::ReasonCode::kRejectedReturned, .text = "rejected"});
  alert.listener = share(again);
  this->commit({opened_event(again), alert_event(model::EventKind::kAlertRaised, alert, 3)});

  EXPECT_THAT(this->alerts(), ElementsAre(alert));
  const auto story =
      this->page({.kinds = {model::EventKind::kAlertRaised, model::EventKind::kAlertChanged}}).events;
  EXPECT_THAT(seqs(story), ElementsAre(2, 3, 5));
  EXPECT_EQ(std::get<model::AlertDetail>(story[0].detail).alert.state, model::AlertState::kOpen);
  EXPECT_EQ(std::get<model::AlertDetail>(story[1].detail).alert.state, model::AlertState::kRejected);
}

TYPED_TEST(EventStoreContract, ShowsAnAlertWithItsListenerAsItIsNow) {
  model::Listener listener = sample_listener(8080, 1);
  const model::Alert alert = make_alert(1, listener);
  this->commit({opened_event(listener), alert_event(model::EventKind::kAlertRaised, alert, 1)});
  this->commit({closed_event(listener, 8)});
  const auto alerts = this->alerts();
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(*alerts[0].listener, listener);
}

TYPED_TEST(EventStoreContract, AnAlertDoesNotTurnBackWhatIsKnownOfItsListener) {
  model::Listener listener = sample_listener(8080, 1);
  model::Alert alert = make_alert(1, listener);
  this->commit({opened_event(listener), alert_event(model::EventKind::kAlertRaised, alert, 1),
                owner_changed_event(listener, {sample_owner(4)}, 2), closed_event(listener, 3)});
  alert.state = model::AlertState::kAcknowledged;  // with the listener of the time when it was raised
  this->commit({alert_event(model::EventKind::kAlertChanged, alert, 4)});
  EXPECT_EQ(*this->alerts().at(0).listener, listener);
  EXPECT_THAT(this->world_.start().open_listeners, IsEmpty());
}

TYPED_TEST(EventStoreContract, FillsInWhatBecameOfAnAlertsListener) {
  model::Listener listener = sample_listener(8080, 1);
  model::Alert alert = make_alert(1, listener);
  this->commit({opened_event(listener), alert_event(model::EventKind::kAlertRaised, alert, 1),
                owner_changed_event(listener, {sample_owner(4)}, 2), closed_event(listener, 3)});
  alert.state = model::AlertState::kAcknowledged;
  const auto committed = this->commit({alert_event(model::EventKind::kAlertChanged, alert, 4)});
  EXPECT_EQ(committed[0].listener->closed, listener.closed);
  EXPECT_EQ(committed[0].listener->owners.at(0)->key.pid, base::Pid{4});
  EXPECT_EQ(*std::get<model::AlertDetail>(committed[0].detail).alert.listener, *committed[0].listener);
  EXPECT_EQ(this->page({.after = base::Seq{4}}).events, committed);
}

TYPED_TEST(EventStoreContract, RefusesADetailThatBelongsToAnotherKindAndStoresNothingOfThatGroup) {
  model::Listener listener = sample_listener(8080, 1);
  std::vector<model::Event> group{opened_event(listener), opened_event(listener)};
  group.back().kind = model::EventKind::kStopped;
  const base::Status status = this->world_.writer().commit(group, {.at = at(9), .boot_id = ""});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(seqs(group), ElementsAre(0, 0));
  EXPECT_THAT(this->page().events, IsEmpty());
  EXPECT_FALSE(this->world_.start().last_alive);
}

TYPED_TEST(EventStoreContract, PagesThroughAlertsNewestFirst) {
  model::Listener listener = sample_listener(8080, 1);
  std::vector<model::Event> log{opened_event(listener)};
  for (std::int64_t id = 1; id <= 5; ++id) {
    model::Alert alert = make_alert(id, listener);
    alert.state = id % 2 == 0 ? model::AlertState::kApproved : model::AlertState::kOpen;
    log.push_back(alert_event(model::EventKind::kAlertRaised, alert, id));
  }
  this->commit(log);
  const auto page = this->world_.reader()->alerts({.limit = 2});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->alerts.size(), 2U);
  EXPECT_EQ(page->alerts[0].id, base::AlertId{5});
  EXPECT_EQ(page->next, base::AlertId{4});
  EXPECT_EQ(this->alerts({.after = base::AlertId{4}}).size(), 3U);
  EXPECT_EQ(this->alerts({.states = {model::AlertState::kApproved}}).size(), 2U);
  EXPECT_EQ(this->alerts({.id = base::AlertId{3}}).at(0).id, base::AlertId{3});
}

TYPED_TEST(EventStoreContract, AnApprovalTurnsTheVerdictOfOpenListenersOfThatService) {
  model::Listener first = sample_listener(8080, 1);
  model::Listener second = sample_listener(8080, 2);
  model::Listener other = sample_listener(8081, 3);
  this->commit({opened_event(first), opened_event(second), opened_event(other),
                policy_event({make_baseline_entry(first)}, 4)});
  const auto state = this->world_.start();
  ASSERT_EQ(state.open_listeners.size(), 3U);
  for (const model::ListenerRef& listener : state.open_listeners) {
    const bool is_approved = listener->socket.endpoint.port == base::Port{8080};
    EXPECT_EQ(listener->verdict, is_approved ? model::Verdict::kKnown : model::Verdict::kUnknown);
  }
  EXPECT_EQ(this->page({.limit = 1}).events.at(0).listener->verdict, model::Verdict::kUnknown);
}

TYPED_TEST(EventStoreContract, RefusesPagesThatAreEmptyOrTooLarge) {
  for (const std::size_t limit : {std::size_t{0}, model::kMaxPage + 1}) {
    const auto reader = this->world_.reader();
    EXPECT_EQ(reader->events({.limit = limit}).error().code, base::ErrorCode::kInvalidArgument);
    EXPECT_EQ(reader->alerts({.limit = limit}).error().code, base::ErrorCode::kInvalidArgument);
    EXPECT_EQ(reader->listeners_at({.at = at(0), .port = {}, .limit = limit}).error().code,
              base::ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace portwatch::test
