// SPDX-License-Identifier: Apache-2.0
// Looks that a process keeps waiting: once with a sensor that does it by itself, once on a folder that stands
// for /proc, where a command line is a pipe that nobody writes to.
#include "daemon/sensor/linux/guarded_sensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/sensor/linux/make_sensor.h"
#include "tests/support/builders.h"
#include "tests/support/fake_proc.h"
#include "tests/support/wait.h"

namespace portwatch::sensor {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

/// What all sensors of a test share: whom a visit keeps waiting, until it is let go.
struct World {
  void visit(const Procfs& proc, base::Pid pid) {
    const Visit visit = proc.visit(pid);
    if (!visit) {
      ++left_alone;
      return;
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !stuck.contains(pid) || is_over; });
    ++visited;
  }
  void end() {
    const std::scoped_lock lock(mutex);
    is_over = true;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::set<base::Pid> stuck;
  bool is_over = false;
  std::vector<base::Pid> all;
  std::atomic<int> made{0}, visited{0}, left_alone{0};
};

class VisitingSensor final : public interface::Sensor {
 public:
  VisitingSensor(std::shared_ptr<World> world, std::shared_ptr<Visits> visits)
      : world_(std::move(world)), proc_("/proc", std::move(visits)) {
    ++world_->made;
  }
  model::SensorInfo info() const override {
    return {.name = "visiting", .summary = "", .blind_spots = {"the moon"}, .skipped = {}};
  }
  base::Result<model::Snapshot> scan() override {
    for (const base::Pid pid : world_->all) world_->visit(proc_, pid);
    return test::make_snapshot(1h, {});
  }

 private:
  std::shared_ptr<World> world_;
  Procfs proc_;
};

class GuardedSensorTest : public testing::Test {
 protected:
  ~GuardedSensorTest() override {
    world_->end();
    EXPECT_TRUE(test::wait_until([] { return HelperThread::left_behind() == 0; }));
  }

  std::shared_ptr<World> world_ = std::make_shared<World>();
  std::shared_ptr<WaitBook> book_ = std::make_shared<WaitBook>(
      WaitBook::Questions{.now = [] { return base::BootTime(1h); },
                          .identity =
                              [](base::Pid pid) {
                                return std::optional(WaitBook::Identity{
                                    .folder_inode = 1, .uid = base::Uid{pid.value < 100 ? 0U : 1000U}});
                              },
                          .user_name = [](base::Uid) { return std::optional<std::string>("ana"); }});
  GuardedSensor sensor_{book_, 40ms, [world = world_](std::shared_ptr<Visits> visits) {
                          return std::make_shared<VisitingSensor>(world, std::move(visits));
                        }};
};

TEST_F(GuardedSensorTest, KeepsItsSensorAsLongAsLooksGetOn) {
  world_->all = {base::Pid{10}, base::Pid{11}};
  EXPECT_TRUE(sensor_.scan());
  EXPECT_TRUE(sensor_.scan());
  EXPECT_EQ(world_->made, 1);
  EXPECT_EQ(world_->visited, 4);
  EXPECT_THAT(sensor_.info().blind_spots, testing::ElementsAre("the moon"));
}

TEST_F(GuardedSensorTest, LooksAgainAtOnceWithoutTheProcessThatKeptItWaiting) {
  world_->all = {base::Pid{10}, base::Pid{11}, base::Pid{12}};
  world_->stuck = {base::Pid{11}};
  EXPECT_TRUE(sensor_.scan());
  EXPECT_EQ(world_->made, 2);
  EXPECT_EQ(world_->left_alone, 1);
  EXPECT_THAT(sensor_.info().blind_spots, Contains(HasSubstr("process 11 of ana")));
  EXPECT_TRUE(sensor_.scan());
  EXPECT_EQ(world_->made, 2);
}

TEST_F(GuardedSensorTest, VisitsNobodyAnyMoreOnceItWasLeftBehind) {
  world_->all = {base::Pid{10}, base::Pid{11}};
  world_->stuck = {base::Pid{10}};
  EXPECT_TRUE(sensor_.scan());
  const int before = world_->visited;
  world_->end();
  ASSERT_TRUE(test::wait_until([] { return HelperThread::left_behind() == 0; }));
  EXPECT_EQ(world_->visited, before + 1) << "the one that it waited for, and no other";
}

TEST_F(GuardedSensorTest, FailsRatherThanToLookForEver) {
  for (int pid = 10; pid < 40; ++pid) world_->all.push_back(base::Pid{pid});
  world_->stuck.insert(world_->all.begin(), world_->all.end());
  const auto snapshot = sensor_.scan();
  ASSERT_FALSE(snapshot);
  EXPECT_THAT(snapshot.error().message, HasSubstr("keeps whoever looks into it waiting"));
  EXPECT_EQ(world_->made, 1 + GuardedSensor::kMostLeftBehind);
}

TEST_F(GuardedSensorTest, LeavesAUserAloneWhoDoesItAgainAndAgain) {
  for (int pid = 100; pid < 130; ++pid) world_->all.push_back(base::Pid{pid});
  world_->stuck.insert(world_->all.begin(), world_->all.end());
  EXPECT_TRUE(sensor_.scan());
  EXPECT_EQ(world_->made, 4) << "three were enough";
  EXPECT_EQ(world_->visited, 0);
}

TEST(GuardedLinuxSensor, ListsTheSocketOfAProcessThatDoesNotLetItselfBeRead) {
  const test::FakeProc proc;
  proc.start({.pid = 10});
  proc.open_socket(10, 5, 555);
  proc.listen("0100007F:1F90", 555);
  proc.start({.pid = 11});
  proc.open_socket(11, 5, 556);
  proc.listen("0100007F:1F91", 556);
  proc.remove("10/cmdline");
  const std::string pipe = proc.path() + "/10/cmdline";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  {
    const auto sensor =
        make_sensor({.proc = proc.path(), .use_events = false, .use_netlink = false, .patience = 100ms});
    ASSERT_TRUE(sensor);
    for (int looks = 0; looks < 2; ++looks) {
      const auto snapshot = (*sensor)->scan();
      ASSERT_TRUE(snapshot);
      ASSERT_EQ(snapshot->sightings.size(), 2U);
      for (const model::Sighting& sighting : snapshot->sightings)
        EXPECT_EQ(sighting.attribution,
                  sighting.socket.inode == 555 ? model::Attribution::kDenied : model::Attribution::kExact);
      EXPECT_EQ(snapshot->coverage.denied_processes, 1U);
      EXPECT_THAT((*sensor)->info().blind_spots, Contains(HasSubstr("process 10 ")));
    }
  }
  const int writer = ::open(pipe.c_str(), O_WRONLY | O_NONBLOCK);
  EXPECT_GE(writer, 0) << "nobody reads there";
  ::close(writer);
  EXPECT_TRUE(test::wait_until([] { return HelperThread::left_behind() == 0; }));
}

}  // namespace
}  // namespace portwatch::sensor
