// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/retell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/core_rig.h"

namespace portwatch::core {
namespace {

using test::endpoint;
using testing::ElementsAre;
using testing::UnorderedElementsAreArray;

test::FakeProcess program(std::int32_t pid, const char* exe) {
  return test::FakeProcess(pid).exe(exe);
}

/// A machine with one known listener, one that alerts, one whose rejected alert outlived it, and a newcomer
/// that is not announced yet.
class Retell : public testing::Test {
 protected:
  Retell() {
    rig.machine.listen(endpoint("127.0.0.1", 4000), {program(100, "/bin/a").ref()});
    rig.look();
    const auto gone = rig.machine.listen(endpoint("127.0.0.1", 4001), {program(101, "/bin/b").ref()});
    const auto rejected = test::alert_of(rig.look().back()).id;
    rig.record(*rig.engine().reject(rejected, "ana", rig.machine.now()));
    rig.machine.listen(endpoint("127.0.0.1", 4002), {program(102, "/bin/c").ref()});
    rig.machine.close(gone);
    rig.look();
    rig.machine.listen(endpoint("127.0.0.1", 4003), {});
    rig.look_once();
    memory = rig.engine().memory();
  }

  test::CoreRig rig{{.learning = base::Micros{0}}};
  Memory memory;
};

TEST_F(Retell, LeadsAnEmptyStoreToWhatIsRemembered) {
  ASSERT_EQ(rig.engine().listener_count(), 3U);
  test::EventProjection store;
  store.apply(retell(memory, rig.machine.now()));
  const Memory told = store.memory(rig.machine.host().boot_id);
  EXPECT_EQ(told.open_listeners.size(), 2U) << "who is not announced yet will be";
  for (const model::ListenerRef& listener : memory.open_listeners)
    EXPECT_EQ(*store.listeners.at(listener->key), *listener);
  EXPECT_THAT(told.baseline, UnorderedElementsAreArray(memory.baseline));
  ASSERT_EQ(told.alerts.size(), 2U);
  EXPECT_EQ(told.alerts.at(0).state, model::AlertState::kRejected);
  EXPECT_EQ(told.alerts.at(1), memory.alerts.at(1));
  EXPECT_EQ(told.learning_until, memory.learning_until);
}

TEST_F(Retell, EndsAListenerThatOnlyAnAlertSpeaksOf) {
  const auto events = retell(memory, rig.machine.now());
  EXPECT_THAT(test::kinds(events),
              ElementsAre("policy_changed", "opened", "opened", "alert_changed", "alert_raised"));
  ASSERT_TRUE(events.at(3).listener->closed);
  EXPECT_EQ(events.at(3).listener->closed->precision, model::Precision::kGap);
  EXPECT_FALSE(events.at(4).listener->closed);
}

TEST_F(Retell, SaysNothingWhenNothingIsKnownYet) {
  EXPECT_TRUE(retell({}, rig.machine.now()).empty());
}

}  // namespace
}  // namespace portwatch::core
