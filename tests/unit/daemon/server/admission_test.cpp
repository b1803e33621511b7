// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/admission.h"

#include <gtest/gtest.h>

namespace portwatch::server {
namespace {

Visitor user(std::uint32_t uid) {
  return {.viewer = {.role = Role::kLocal, .uid = {uid}}, .name = "somebody"};
}
Visitor nameless(std::uint32_t uid) {
  return {.viewer = {.role = Role::kLocal, .uid = {uid}}, .name = {}};
}
const Visitor kRootUser{.viewer = {.role = Role::kAdmin, .uid = {0}}, .name = {}};

TEST(Admission, BoundsEachUser) {
  Admission admission(100, 2);
  EXPECT_TRUE(admission.admit(user(1000)));
  EXPECT_TRUE(admission.admit(user(1000)));
  const base::Status third = admission.admit(user(1000));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, base::ErrorCode::kResourceExhausted);
  EXPECT_TRUE(admission.admit(user(1001)));
  EXPECT_EQ(admission.count(), 3U);
}

TEST(Admission, BoundsAllUsersWithoutANameTogether) {
  Admission admission(100, 2);
  EXPECT_TRUE(admission.admit(nameless(100'000)));
  EXPECT_TRUE(admission.admit(nameless(100'001)));
  EXPECT_FALSE(admission.admit(nameless(100'002)));
  EXPECT_TRUE(admission.admit(user(1000)));
  EXPECT_TRUE(admission.admit(kRootUser)) << "who may change things has an account also without a name";
  admission.leave(nameless(100'000));
  EXPECT_TRUE(admission.admit(nameless(100'002)));
}

TEST(Admission, BoundsRootToo) {
  Admission admission(100, 1);
  EXPECT_TRUE(admission.admit(kRootUser));
  EXPECT_FALSE(admission.admit(kRootUser));
}

TEST(Admission, GivesAPlaceBack) {
  Admission admission(100, 1);
  EXPECT_TRUE(admission.admit(user(1000)));
  admission.leave(user(1000));
  EXPECT_EQ(admission.count(), 0U);
  EXPECT_TRUE(admission.admit(user(1000)));
}

TEST(Admission, KeepsPlacesForAdministrators) {
  Admission admission(16, 16);
  std::size_t admitted = 0;
  for (std::uint32_t uid = 1000; uid < 1032; ++uid)
    if (admission.admit(user(uid))) ++admitted;
  EXPECT_EQ(admitted, 14U);
  EXPECT_TRUE(admission.admit(kRootUser));
  EXPECT_TRUE(admission.admit(kRootUser));
  EXPECT_FALSE(admission.admit(kRootUser)) << "the bound of all holds for everybody";
}

}  // namespace
}  // namespace portwatch::server
