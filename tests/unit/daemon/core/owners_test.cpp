// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/owners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_machine.h"

namespace portwatch::core {
namespace {

using model::Attribution;
using model::ProcessRef;
using test::FakeProcess;
using test::python;
using testing::ElementsAre;
using testing::IsEmpty;

FakeProcess nginx(std::int32_t pid) {
  return FakeProcess(pid).exe("/usr/sbin/nginx");
}

OwnerUpdate update(const std::vector<ProcessRef>& before, std::vector<ProcessRef> seen,
                   Attribution attribution, bool believes_absence = false) {
  model::Sighting sighting;
  sighting.owners = std::move(seen);
  sighting.attribution = attribution;
  return update_owners(before, Attribution::kExact, sighting, believes_absence);
}

TEST(Owners, FollowAForkAndTheEndOfTheParent) {
  const ProcessRef parent = nginx(10).ref();
  const ProcessRef child = nginx(11).ref();
  const OwnerUpdate forked = update({parent}, {parent, child}, Attribution::kShared);
  EXPECT_THAT(forked.added, ElementsAre(child));
  EXPECT_THAT(forked.removed, IsEmpty());
  EXPECT_EQ(forked.attribution, Attribution::kShared);
  const OwnerUpdate exited = update(forked.owners, {child}, Attribution::kExact);
  EXPECT_THAT(exited.added, IsEmpty());
  EXPECT_THAT(exited.removed, ElementsAre(parent));
  EXPECT_THAT(exited.owners, ElementsAre(child));
}

TEST(Owners, AreOthersWhenAPidIsReused) {
  const ProcessRef old = nginx(10).ref();
  const ProcessRef reused = nginx(10).start(std::chrono::seconds{999}).ref();
  const OwnerUpdate changed = update({old}, {reused}, Attribution::kExact);
  EXPECT_THAT(changed.added, ElementsAre(reused));
  EXPECT_THAT(changed.removed, ElementsAre(old));
}

TEST(Owners, AreOthersAfterAnExec) {
  const ProcessRef before = python(10, {"app.py"}).ref();
  for (const FakeProcess& next : {nginx(10), python(10, {"other.py"}), python(10, {})}) {
    const ProcessRef after = next.ref();
    const OwnerUpdate changed = update({before}, {after}, Attribution::kExact);
    EXPECT_THAT(changed.added, ElementsAre(after)) << after->argv.back();
    EXPECT_THAT(changed.removed, ElementsAre(before));
    EXPECT_THAT(changed.owners, ElementsAre(after));
  }
}

TEST(Owners, AreTheSameWhenReadAgain) {
  const ProcessRef before = nginx(10).ref();
  const ProcessRef again = nginx(10).ref();
  const OwnerUpdate same = update({before}, {again}, Attribution::kExact);
  EXPECT_THAT(same.added, IsEmpty());
  EXPECT_THAT(same.removed, IsEmpty());
  EXPECT_EQ(same.owners.front().get(), again.get())
      << "the sensor's own reference is kept, so that it is shared";
}

TEST(Owners, AreTheSameWhenTheirFileIsReplacedOrRenamed) {
  model::Process running = nginx(10).value();
  running.exe->file = model::FileId{1, 2};
  model::Process replaced = running;
  replaced.exe->is_deleted = true;
  model::Process renamed = running;
  renamed.exe->path = "/usr/sbin/nginx.old";
  const auto before = std::make_shared<const model::Process>(running);
  for (const model::Process& process : {replaced, renamed}) {
    const OwnerUpdate same =
        update({before}, {std::make_shared<const model::Process>(process)}, Attribution::kExact);
    EXPECT_THAT(same.added, IsEmpty());
  }
}

TEST(Owners, KeepWhatWasKnownOfAProcessThatSaysLess) {
  const ProcessRef before = python(10, {"app.py"}).image(7).ref();
  for (const ProcessRef& poorer :
       {python(10, {}).argv({"app: master", ""}).image(7).ref(),
        FakeProcess(10).unreadable("python3").image(7).ref(), FakeProcess(10).no_exe("python3").ref()}) {
    const OwnerUpdate same = update({before}, {poorer}, Attribution::kDenied);
    EXPECT_THAT(same.added, IsEmpty());
    EXPECT_THAT(same.removed, IsEmpty());
    EXPECT_THAT(same.owners, ElementsAre(before));
  }
}

TEST(Owners, AreOthersWhenAnotherImageSaysLess) {
  const ProcessRef before = python(10, {"app.py"}).image(7).ref();
  for (const ProcessRef& after : {python(10, {}).argv({"app: master", ""}).image(8).ref(),
                                  FakeProcess(10).unreadable("python3").ref()}) {
    const OwnerUpdate changed = update({before}, {after}, Attribution::kDenied);
    EXPECT_TRUE(changed.has_exec);
    EXPECT_THAT(changed.added, ElementsAre(after));
    EXPECT_THAT(changed.removed, ElementsAre(before));
    EXPECT_THAT(changed.owners, ElementsAre(after));
  }
}

TEST(Owners, OfAnEarlierRunAreWhoTheyWereUntilTheirNextExec) {
  const ProcessRef stored = python(10, {"app.py"}).ref();
  const ProcessRef titled = python(10, {}).argv({"app: master", ""}).image(7).ref();
  const OwnerUpdate same = update({stored}, {titled}, Attribution::kExact);
  EXPECT_THAT(same.added, IsEmpty());
  EXPECT_EQ(same.owners.front()->argv, stored->argv);
  const ProcessRef after = python(10, {}).argv({"app: master", ""}).image(8).ref();
  EXPECT_THAT(update(same.owners, {after}, Attribution::kExact).added, ElementsAre(after));
}

TEST(Owners, AreOthersWhenAProcessCanBeReadAtLast) {
  const ProcessRef before = FakeProcess(10).unreadable("nginx").ref();
  const ProcessRef after = nginx(10).ref();
  const OwnerUpdate changed = update({before}, {after}, Attribution::kExact);
  EXPECT_THAT(changed.added, ElementsAre(after)) << "it may have become so by an exec";
  EXPECT_THAT(changed.removed, ElementsAre(before));
}

TEST(Owners, AreNotGoneBecauseALookDoesNotShowThem) {
  const ProcessRef owner = nginx(10).ref();
  for (const auto why :
       {Attribution::kDenied, Attribution::kExited, Attribution::kKernel, Attribution::kOtherNamespace}) {
    const OwnerUpdate doubtful = update({owner}, {}, why);
    EXPECT_TRUE(doubtful.is_doubtful);
    EXPECT_THAT(doubtful.owners, ElementsAre(owner));
    EXPECT_THAT(doubtful.removed, IsEmpty());
    EXPECT_EQ(doubtful.attribution, Attribution::kExact);

    const OwnerUpdate believed = update({owner}, {}, why, true);
    EXPECT_THAT(believed.removed, ElementsAre(owner));
    EXPECT_THAT(believed.owners, IsEmpty());
    EXPECT_EQ(believed.attribution, why);
  }
}

TEST(Owners, StayBesideANewOneWhenTheLookIsPartial) {
  const ProcessRef known = nginx(10).ref();
  const ProcessRef fresh = nginx(5).ref();
  const OwnerUpdate partial = update({known}, {fresh}, Attribution::kDenied);
  EXPECT_THAT(partial.added, ElementsAre(fresh));
  EXPECT_THAT(partial.owners, ElementsAre(fresh, known));
}

}  // namespace
}  // namespace portwatch::core
