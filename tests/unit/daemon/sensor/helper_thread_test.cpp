// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/helper_thread.h"

#include <gtest/gtest.h>

#include <future>
#include <string>

#include "tests/support/wait.h"

namespace portwatch::sensor {
namespace {

using namespace std::chrono_literals;

bool never() {
  return false;
}
bool always() {
  return true;
}

TEST(HelperThread, DoesJobsOneAfterAnotherOnOneThreadThatIsNotOurs) {
  HelperThread helper;
  const auto where = [] { return std::this_thread::get_id(); };
  const auto first = helper.run(where, 1h, always);
  EXPECT_EQ(first, helper.run(where, 1h, always));
  EXPECT_NE(first, std::this_thread::get_id());
}

TEST(HelperThread, WaitsAsLongAsTheJobGetsOn) {
  HelperThread helper;
  std::promise<std::string> answer;
  int asked = 0;
  const auto result = helper.run([&] { return answer.get_future().get(); }, 1ms,
                                 [&] {
                                   if (++asked == 5) answer.set_value("at last");
                                   return true;
                                 });
  EXPECT_EQ(result, "at last");
  EXPECT_GE(asked, 5);
}

TEST(HelperThread, LeavesBehindWhatDoesNotGetOnAndGoesOnWithAnother) {
  const auto hangs = std::make_shared<std::promise<void>>();
  const std::size_t before = HelperThread::left_behind();
  {
    HelperThread helper;
    const auto wait = [hangs] {
      hangs->get_future().wait();
      return 1;
    };
    EXPECT_EQ(helper.run(wait, 1ms, never), std::nullopt);
    EXPECT_EQ(HelperThread::left_behind(), before + 1);
    EXPECT_EQ(helper.run([] { return 2; }, 1h, always), 2);
  }
  hangs->set_value();
  EXPECT_TRUE(test::wait_until([&] { return HelperThread::left_behind() == before; }));
}

}  // namespace
}  // namespace portwatch::sensor
