// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/restarts.h"

#include <gtest/gtest.h>

#include "tests/support/fake_machine.h"

namespace portwatch::core {
namespace {

constexpr base::BootTime kNow{std::chrono::hours{1}};

model::ListenerRef listener(std::int64_t generation, std::string program,
                            std::string_view address = "127.0.0.1") {
  auto made = std::make_shared<model::Listener>();
  made->key.generation = generation;
  made->socket.endpoint = test::endpoint(address, 80);
  made->service.program = std::move(program);
  return made;
}

TEST(Restarts, GivesTheClosedPeriodOfTheSameServiceOnce) {
  Restarts restarts;
  restarts.add(listener(1, "a"), kNow);
  EXPECT_FALSE(restarts.take(*listener(2, "b")).has_value());
  ASSERT_TRUE(restarts.take(*listener(2, "a")).has_value());
  EXPECT_FALSE(restarts.take(*listener(3, "a")).has_value());
}

TEST(Restarts, PrefersTheSameAddressThenTheFirstClosed) {
  Restarts restarts;
  restarts.add(listener(1, "a", "::1"), kNow);
  restarts.add(listener(2, "a", "127.0.0.1"), kNow);
  restarts.add(listener(3, "a", "127.0.0.1"), kNow);
  EXPECT_EQ(restarts.take(*listener(9, "a", "127.0.0.1"))->generation, 2);
  EXPECT_EQ(restarts.take(*listener(9, "a", "127.0.0.2"))->generation, 1);
}

TEST(Restarts, ForgetsAfterTenMinutes) {
  Restarts restarts;
  restarts.add(listener(1, "a"), kNow);
  restarts.add(listener(2, "b"), kNow + std::chrono::minutes{5});
  restarts.expire(kNow + std::chrono::minutes{11});
  EXPECT_FALSE(restarts.take(*listener(3, "a")).has_value());
  EXPECT_TRUE(restarts.take(*listener(3, "b")).has_value());
  restarts.expire(kNow + std::chrono::minutes{60});
}

TEST(Restarts, StaysBoundedUnderChurn) {
  Restarts restarts;
  for (int i = 0; i < 25'000; ++i) restarts.add(listener(i, std::to_string(i)), kNow);
  EXPECT_FALSE(restarts.take(*listener(0, "0")).has_value());
  EXPECT_TRUE(restarts.take(*listener(0, "24999")).has_value());
}

}  // namespace
}  // namespace portwatch::core
