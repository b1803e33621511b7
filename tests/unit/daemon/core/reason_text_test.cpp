// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/reason_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/describe.h"
#include "tests/support/fake_machine.h"

namespace portwatch::core {
namespace {

using test::FakeProcess;
using test::python;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

model::Listener listener(std::vector<model::ProcessRef> owners,
                         model::Attribution attribution = model::Attribution::kExact) {
  test::FakeMachine machine;
  model::Sighting sighting;
  sighting.socket.endpoint = test::endpoint("::1", 8000);
  sighting.socket.uid = base::Uid{1000};
  sighting.owners = std::move(owners);
  sighting.attribution = attribution;
  model::Listener made;
  describe(made, sighting, machine.host());
  return made;
}

std::string text(const model::Listener& of) {
  return unknown_listener(of, false, false).text;
}

TEST(ReasonText, NamesProgramUserPlaceAndParents) {
  EXPECT_EQ(
      text(listener({python(1, {"app.py"}).child_of({"bash", "bash", "sshd", "sshd", "systemd"}).ref()})),
      "python3 app.py (user ana) listens on [::1]:8000/tcp for the first time; started by bash ‹ sshd");
}

TEST(ReasonText, NamesTheUnitOfAService) {
  EXPECT_THAT(
      text(listener({FakeProcess(9).exe("/usr/sbin/x").child_of({"systemd"}).unit("x.service").ref()})),
      EndsWith("started by systemd (x.service)"));
  EXPECT_THAT(text(listener({FakeProcess(9).exe("/usr/sbin/x").unit("x.service").ref()})),
              EndsWith("started by systemd (x.service)"));
}

TEST(ReasonText, CutsALongLineOfParents) {
  EXPECT_THAT(
      text(listener({FakeProcess(99).exe("/x").child_of({"a", "b", "c", "d", "e", "systemd"}).ref()})),
      EndsWith("started by a ‹ b ‹ c ‹ d ‹ …"));
}

TEST(ReasonText, SaysWhyNobodyCanBeNamed) {
  using model::Attribution;
  EXPECT_THAT(text(listener({}, Attribution::kDenied)),
              StartsWith("a program of user #1000 that portwatch may not look into listens on"));
  EXPECT_THAT(text(listener({}, Attribution::kExited)), HasSubstr("that ended while it was looked at"));
  EXPECT_THAT(text(listener({}, Attribution::kOtherNamespace)), HasSubstr("in another pid namespace"));
  EXPECT_THAT(text(listener({}, Attribution::kKernel)),
              StartsWith("a socket of user #1000 that no process holds"));
}

TEST(ReasonText, TellsWhoTookOverAndQuotesWhoHadItApart) {
  const auto former = listener({FakeProcess(1).exe("/usr/sbin/nginx").ref()});
  const auto now = listener({FakeProcess(1).exe("/usr/bin/nc").ref()});
  EXPECT_EQ(unknown_listener(now, true, false).text,
            "nc (user ana) now holds [::1]:8000/tcp, which another program opened");
  EXPECT_EQ(comparison(&former, std::nullopt)->text, "opened by nginx (user ana)");
}

TEST(ReasonText, NamesAllFieldsThatDiffer) {
  model::BaselineEntry entry;
  entry.service.user = "bob";
  entry.label = "nginx";
  const auto reason = comparison(nullptr, Neighbour{&entry, {"port", "user"}});
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->code, model::ReasonCode::kComparison);
  EXPECT_EQ(
      reason->text,
      "nearest known: nginx on a port that the kernel chose, tcp, any, user bob; differs in: port and user");
  EXPECT_FALSE(comparison(nullptr, std::nullopt));
}

}  // namespace
}  // namespace portwatch::core
