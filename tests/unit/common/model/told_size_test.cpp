// SPDX-License-Identifier: Apache-2.0
// What is left out of a value that is too large, and that the rest is small enough, as JSON has it.
#include "common/model/told_size.h"

#include <gtest/gtest.h>

#include "common/json/codec.h"
#include "common/model/weight.h"
#include "tests/support/builders.h"

namespace portwatch::model {
namespace {

ProcessRef wordy(std::int32_t pid) {
  Process process = test::make_process(pid);
  process.argv.assign(64, std::string(64, '\x01'));
  process.cwd = std::string(3800, '\x7f');
  return test::share(process);
}

TEST(Weight, IsAtLeastTheJsonAlsoOfTextThatIsEscaped) {
  for (const std::string& text :
       {std::string(5000, '\x01'), std::string(5000, '"'), std::string(5000, '\xff'),
        std::string(5000, '\x7f'), std::string(5000, 'a')}) {
    Listener listener = test::make_listener();
    listener.program.label = text;
    const std::size_t size = json::dump(json::encode(listener)).size();
    EXPECT_GE(weight(listener), size);
    EXPECT_LE(weight(listener), 4 * size);
  }
}

TEST(ToldSize, OfAListenerIsBoundedHoweverManyHoldIt) {
  Listener listener = test::make_listener();
  listener.owners.clear();
  for (std::int32_t pid = 1; pid <= 1200; ++pid) listener.owners.push_back(wordy(pid));
  const ListenerRef told = cut_to_told_size(test::share(listener));
  EXPECT_EQ(told->owners.size() + told->owners_left_out, 1200U);
  EXPECT_GE(told->owners.size(), 1U);
  EXPECT_LT(json::dump(json::encode(*told)).size(), 2 * kMostBytesTold);
  EXPECT_EQ(cut_to_told_size(told), told) << "what is small enough is not copied";
}

TEST(ToldSize, OfAnEventIsBoundedInEachOfItsLists) {
  OwnerChangedDetail changed;
  for (std::int32_t pid = 1; pid <= 1200; ++pid) changed.added.push_back(wordy(pid));
  changed.removed = changed.added;
  Event event{.kind = EventKind::kOwnerChanged, .detail = changed};
  cut_to_told_size(event);
  const auto& told = std::get<OwnerChangedDetail>(event.detail);
  EXPECT_EQ(told.added.size() + told.added_left_out, 1200U);
  EXPECT_EQ(told.removed.size() + told.removed_left_out, 1200U);

  PolicyDetail policy;
  policy.added.assign(20'000, BaselineEntry{.label = std::string(200, 'x')});
  event = {.kind = EventKind::kPolicyChanged, .detail = policy};
  cut_to_told_size(event);
  const auto& entries = std::get<PolicyDetail>(event.detail);
  EXPECT_EQ(entries.added.size() + entries.added_left_out, 20'000U);
  EXPECT_LT(json::dump(json::encode(event)).size(), 2 * kMostBytesTold);
}

}  // namespace
}  // namespace portwatch::model
