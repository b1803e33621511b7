// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/told_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/daemon/sensor/told_builders.h"

namespace portwatch::sensor {
namespace {

using test::image;
using test::told;
using testing::ElementsAre;

const base::Moment kNow = test::moment_at(std::chrono::minutes{5});

TEST(ToldProcess, SaysWhatAProcessIs) {
  const model::Process process = process_of(told(image(700)), kNow);
  EXPECT_EQ(process.key, image(700).key);
  EXPECT_EQ(process.started_at, test::utc_at(std::chrono::minutes{1}));
  EXPECT_EQ(process.name, "nginx");
  EXPECT_EQ(process.exe->path, "/usr/sbin/nginx");
  EXPECT_THAT(process.argv, ElementsAre("nginx", "-g", "off"));
  EXPECT_EQ(process.cwd, "/srv");
  EXPECT_EQ(process.uid, base::Uid{1000});
  EXPECT_EQ(process.unit, "nginx.service");
  EXPECT_EQ(process.ancestors.front().name, "systemd");
  EXPECT_EQ(process.attribution, model::Attribution::kExact);
}

TEST(ToldProcess, TellsTheLogin) {
  auto event = told(image(700));
  event.login_uid = base::Uid{1000};
  event.audit_session = 7;
  event.session = base::Pid{690};
  event.terminal = "pts3";
  EXPECT_EQ(process_of(event, kNow).login, (model::Login{.uid = base::Uid{1000},
                                                         .user = std::nullopt,
                                                         .session = 7,
                                                         .leader = base::Pid{690},
                                                         .terminal = "pts/3",
                                                         .peer = ""}));
}

TEST(ToldProcess, HasNoLoginWhereNobodyLoggedIn) {
  EXPECT_EQ(process_of(told(image(700)), kNow).login, model::Login{});
}

TEST(ToldProcess, LeavesOutTheFileThatAnotherSensorWouldNumberOtherwise) {
  EXPECT_FALSE(process_of(told(image(700)), kNow).exe->file);
}

TEST(ToldProcess, MarksAPathThatLacksItsBeginning) {
  auto event = told(image(700));
  event.exe->path = "deep/nginx";
  event.is_exe_truncated = true;
  event.cwd = "deep";
  event.is_cwd_truncated = true;
  const model::Process process = process_of(event, kNow);
  EXPECT_EQ(process.exe->path, ".../deep/nginx");
  EXPECT_EQ(process.cwd, ".../deep");
}

TEST(ToldProcess, BelievesNoUnitInAControlGroupThatLacksItsBeginning) {
  auto event = told(image(700));
  event.cgroup = "inner/system.slice/nginx.service";
  EXPECT_FALSE(process_of(event, kNow).unit);
}

TEST(ToldProcess, TakesAForkedChildForItsParentsProgram) {
  const model::Process parent = process_of(told(image(700)), kNow);
  const model::Process child =
      forked_from(parent, {base::Pid{701}, test::boot_at(std::chrono::minutes{3})}, kNow);
  EXPECT_EQ(child.key.pid, base::Pid{701});
  EXPECT_EQ(child.started_at, test::utc_at(std::chrono::minutes{3}));
  EXPECT_EQ(child.exe, parent.exe);
  ASSERT_EQ(child.ancestors.size(), 2U);
  EXPECT_EQ(child.ancestors[0].pid, base::Pid{700});
  EXPECT_EQ(child.ancestors[1].name, "systemd");
}

}  // namespace
}  // namespace portwatch::sensor
