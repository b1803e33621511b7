// SPDX-License-Identifier: Apache-2.0
// What a commit promises: it survives the end of the process, readers see it whole, and a full disk loses
// nothing.

#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store/event_writer.h"
#include "daemon/store/store.h"
#include "daemon/store/transaction.h"
#include "tests/support/log_samples.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/daemon/store/fake_disk.h"

namespace portwatch::store {
namespace {

std::vector<model::Event> a_group(std::int64_t generation) {
  return {test::opened_event(test::sample_listener(8080, generation))};
}

base::Status commit(interface::EventWriter& writer, std::vector<model::Event> events) {
  return writer.commit(events, {.at = test::at(0), .boot_id = "b"});
}

class DurabilityTest : public ::testing::Test {
 protected:
  Opened open_store() {
    auto opened = open(options_);
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }
  std::vector<model::Event> read() {
    auto reader = open_reader(options_);
    EXPECT_TRUE(reader) << reader.error().message;
    return (*reader)->events({}).value().events;
  }
  /// Runs `body` in a process of its own until that is killed, and gives the signal that ended it.
  static int run_until_killed(const std::function<void()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
      body();
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

  test::TempDir folder_;
  Options options_{.path = folder_ / "portwatch.db", .machine_hash = std::nullopt};
};

TEST_F(DurabilityTest, KeepsWhatWasCommittedWhenTheProcessIsKilled) {
  const int signal = run_until_killed([&] {
    Opened opened = open_store();
    for (std::int64_t generation = 1; generation <= 3; ++generation)
      if (!commit(*opened.writer, a_group(generation))) ::_exit(1);
    (void)::raise(SIGKILL);
  });
  ASSERT_EQ(signal, SIGKILL);
  const Opened opened = open_store();
  EXPECT_EQ(opened.state.last_seq, base::Seq{3});
  EXPECT_EQ(opened.state.open_listeners.size(), 3U);
  EXPECT_EQ(read().size(), 3U);
}

TEST_F(DurabilityTest, KeepsNothingOfAGroupThatWasNotCommittedWhenTheProcessIsKilled) {
  {
    ASSERT_TRUE(commit(*open_store().writer, a_group(1)));
  }
  const int signal = run_until_killed([&] {
    auto database =
        Database::open(std::filesystem::canonical(options_.path), Access::kReadWrite, options_.busy_timeout);
    if (!database || !database->configure(Access::kReadWrite)) ::_exit(1);
    auto transaction = Transaction::begin(*database, Transaction::Kind::kWrite);
    if (!transaction || !database->run("DELETE FROM event").finish()) ::_exit(1);
    (void)::raise(SIGKILL);
  });
  ASSERT_EQ(signal, SIGKILL);
  EXPECT_EQ(open_store().state.last_seq, base::Seq{1});
  EXPECT_EQ(read().size(), 1U);
}

TEST_F(DurabilityTest, IsMadeAtTheNextStartWhereverItsMakingWasCutOff) {
  int steps = 0;
  for (bool was_killed = true; was_killed; ++steps) {
    SCOPED_TRACE(steps);
    for (const char* suffix : {"", "-wal", "-shm", "-journal"})
      std::filesystem::remove(options_.path.native() + suffix);
    was_killed = run_until_killed([&] {
                   test::FakeDisk disk;
                   disk.kill_after(steps);
                   ::_exit(open(options_) ? 0 : 1);
                 }) == SIGKILL;
    const auto opened = open(options_);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->state.epoch.size(), 16U);
  }
  EXPECT_GT(steps, 10);
}

TEST_F(DurabilityTest, KeepsEveryGroupThatWasReportedWheneverTheProcessIsKilled) {
  {
    const Opened opened = open_store();
  }
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Opened opened = open_store();
    for (std::int64_t generation = 1;; ++generation) {
      if (!commit(*opened.writer, a_group(generation))) ::_exit(1);
      if (::write(fds[1], &generation, sizeof generation) != sizeof generation) ::_exit(1);
    }
  }
  ::close(fds[1]);
  std::int64_t reported = 0;
  while (reported < 25) ASSERT_EQ(::read(fds[0], &reported, sizeof reported), ssize_t{sizeof reported});
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  while (::read(fds[0], &reported, sizeof reported) == ssize_t{sizeof reported}) continue;
  ::close(fds[0]);

  const Opened opened = open_store();
  EXPECT_GE(opened.state.last_seq.value, reported);
  const auto events = read();
  ASSERT_EQ(std::ssize(events), opened.state.last_seq.value);
  for (std::size_t i = 0; i < events.size(); ++i)
    EXPECT_EQ(events[i].seq.value, static_cast<std::int64_t>(i) + 1);
}

TEST_F(DurabilityTest, SyncsGroupsThatMustSurviveAPowerCutAndNoOther) {
  test::FakeDisk disk;
  {
    const Opened opened = open_store();
    model::Listener listener = test::sample_listener(8080, 1);
    int before = disk.log_syncs();
    ASSERT_TRUE(commit(*opened.writer, {test::opened_event(listener)}));
    ASSERT_TRUE(commit(*opened.writer, {}));
    EXPECT_EQ(disk.log_syncs(), before);
    ASSERT_TRUE(commit(*opened.writer, {test::alert_event(model::EventKind::kAlertRaised,
                                                          test::make_alert(1, listener), 2)}));
    EXPECT_GT(disk.log_syncs(), before);
    before = disk.log_syncs();
    ASSERT_TRUE(commit(*opened.writer, {test::closed_event(listener, 3)}));
    EXPECT_EQ(disk.log_syncs(), before);
    ASSERT_TRUE(commit(*opened.writer, {test::policy_event({test::make_baseline_entry(listener)}, 4)}));
    EXPECT_GT(disk.log_syncs(), before);
  }
}

TEST_F(DurabilityTest, StoresNothingOfAGroupOnAFullDiskAndAllOfItOnceThereIsRoom) {
  test::FakeDisk disk;
  {
    const Opened opened = open_store();
    ASSERT_TRUE(commit(*opened.writer, a_group(1)));
    std::vector<model::Event> group = a_group(2);
    group.push_back(test::opened_event(test::sample_listener(8081, 3)));

    disk.set_full(true);
    for (int i = 0; i < 3; ++i) {
      const base::Status full = opened.writer->commit(group, {.at = test::at(9), .boot_id = "b"});
      ASSERT_FALSE(full);
      EXPECT_EQ(full.error().code, base::ErrorCode::kUnavailable) << full.error().message;
      EXPECT_EQ(group[0].seq.value, 0);
      EXPECT_EQ(read().size(), 1U) << "readers still answer";
    }
    disk.set_full(false);
    ASSERT_TRUE(opened.writer->commit(group, {.at = test::at(9), .boot_id = "b"}));
    EXPECT_EQ(group[1].seq, base::Seq{3});
  }
  EXPECT_EQ(open_store().state.last_seq, base::Seq{3});
}

TEST_F(DurabilityTest, GoesOnWhenTheFileReachesItsLimit) {
  Opened opened = open_store();
  auto& writer = dynamic_cast<SqliteEventWriter&>(*opened.writer);
  const std::int64_t pages = writer.database().integer("PRAGMA page_count").value();
  ASSERT_TRUE(writer.database().execute("PRAGMA max_page_count = " + std::to_string(pages + 2)));
  base::Status status;
  std::int64_t stored = 0;
  while ((status = commit(writer, a_group(stored + 1)))) ASSERT_LT(++stored, 10'000);
  EXPECT_EQ(status.error().code, base::ErrorCode::kUnavailable);
  const std::string& message = status.error().message;
  EXPECT_NE(message.find("; free space in /"), std::string::npos) << message;
  EXPECT_NE(message.find("--state-dir"), std::string::npos) << message;
  ASSERT_TRUE(writer.database().execute("PRAGMA max_page_count = 1000000"));
  ASSERT_TRUE(commit(writer, a_group(stored + 1)));
  EXPECT_EQ(open_store().state.last_seq.value, stored + 1);
}

TEST_F(DurabilityTest, ShowsReadersWholeGroupsWhileTheWriterIsInTheMiddleOfOne) {
  Opened opened = open_store();
  auto& writer = dynamic_cast<SqliteEventWriter&>(*opened.writer);
  ASSERT_TRUE(commit(writer, a_group(1)));
  {
    const auto half = Transaction::begin(writer.database(), Transaction::Kind::kWrite);
    ASSERT_TRUE(half);
    ASSERT_TRUE(writer.database().run("UPDATE meta SET last_seq = 77").finish());
    ASSERT_TRUE(writer.database().run("DELETE FROM event").finish());
    EXPECT_EQ(read().size(), 1U);
  }
  EXPECT_EQ(read().size(), 1U);
}

TEST_F(DurabilityTest, IsNotHeldUpByAReader) {
  Opened opened = open_store();
  ASSERT_TRUE(commit(*opened.writer, a_group(1)));
  auto reader =
      Database::open(std::filesystem::canonical(options_.path), Access::kReadOnly, options_.busy_timeout);
  ASSERT_TRUE(reader);
  const auto picture = Transaction::begin(*reader, Transaction::Kind::kRead);
  ASSERT_TRUE(picture);
  ASSERT_EQ(reader->run("SELECT count(*) FROM event").integer_or_none().value(), 1);
  for (std::int64_t generation = 2; generation <= 20; ++generation)
    ASSERT_TRUE(commit(*opened.writer, a_group(generation)));
  EXPECT_EQ(reader->run("SELECT count(*) FROM event").integer_or_none().value(), 1)
      << "one consistent picture";
  EXPECT_EQ(read().size(), 20U);
}

TEST_F(DurabilityTest, MovesTheLogIntoTheFileWhenItIsClosed) {
  const std::string log = options_.path.native() + "-wal";
  {
    Opened opened = open_store();
    ASSERT_TRUE(commit(*opened.writer, a_group(1)));
    EXPECT_TRUE(std::filesystem::exists(log));
  }
  EXPECT_FALSE(std::filesystem::exists(log));
  EXPECT_EQ(open_store().state.last_seq, base::Seq{1});
}

TEST_F(DurabilityTest, KeepsTheLogSmallHoweverMuchIsWritten) {
  Opened opened = open_store();
  std::int64_t generation = 0;
  for (int group = 0; group < 60; ++group) {
    std::vector<model::Event> events;
    for (int i = 0; i < 20; ++i) {
      model::Listener listener = test::sample_listener(8080, ++generation);
      listener.owners = {test::sample_owner(static_cast<std::int32_t>(generation),
                                            std::to_string(generation) + std::string(2000, 'x'))};
      events.push_back(test::opened_event(listener));
    }
    ASSERT_TRUE(commit(*opened.writer, std::move(events)));
  }
  EXPECT_GT(std::filesystem::file_size(options_.path), 4'000'000U);
  EXPECT_LT(std::filesystem::file_size(options_.path.native() + "-wal"), 8'000'000U);
}

}  // namespace
}  // namespace portwatch::store
