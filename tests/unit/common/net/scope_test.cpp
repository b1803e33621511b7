// SPDX-License-Identifier: Apache-2.0
#include "common/net/scope.h"

#include <gtest/gtest.h>

namespace portwatch::net {
namespace {

struct Expected {
  const char* first;
  const char* last;
  Scope scope;
};

class ScopeOf : public testing::TestWithParam<Expected> {};

TEST_P(ScopeOf, ReachesFromTheFirstToTheLastAddressOfItsBlock) {
  EXPECT_EQ(scope_of(*IpAddress::parse(GetParam().first)), GetParam().scope) << GetParam().first;
  EXPECT_EQ(scope_of(*IpAddress::parse(GetParam().last)), GetParam().scope) << GetParam().last;
}

INSTANTIATE_TEST_SUITE_P(
    Blocks, ScopeOf,
    testing::Values(Expected{"127.0.0.0", "127.255.255.255", Scope::kLoopback},
                    Expected{"::1", "::1", Scope::kLoopback},
                    Expected{"169.254.0.0", "169.254.255.255", Scope::kLink},
                    Expected{"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Scope::kLink},
                    Expected{"10.0.0.0", "10.255.255.255", Scope::kPrivate},
                    Expected{"172.16.0.0", "172.31.255.255", Scope::kPrivate},
                    Expected{"192.168.0.0", "192.168.255.255", Scope::kPrivate},
                    Expected{"100.64.0.0", "100.127.255.255", Scope::kPrivate},
                    Expected{"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Scope::kPrivate},
                    Expected{"0.0.0.0", "::", Scope::kWildcard},
                    Expected{"224.0.0.0", "239.255.255.255", Scope::kMulticast},
                    Expected{"255.255.255.255", "ff02::1", Scope::kMulticast}));

INSTANTIATE_TEST_SUITE_P(Neighbours, ScopeOf,
                         testing::Values(Expected{"126.255.255.255", "128.0.0.0", Scope::kPublic},
                                         Expected{"169.253.255.255", "169.255.0.0", Scope::kPublic},
                                         Expected{"9.255.255.255", "11.0.0.0", Scope::kPublic},
                                         Expected{"172.15.255.255", "172.32.0.0", Scope::kPublic},
                                         Expected{"192.167.255.255", "192.169.0.0", Scope::kPublic},
                                         Expected{"100.63.255.255", "100.128.0.0", Scope::kPublic},
                                         Expected{"223.255.255.255", "240.0.0.1", Scope::kPublic},
                                         Expected{"::2", "fbff::1", Scope::kPublic},
                                         Expected{"fec0::1", "fe7f::1", Scope::kPublic},
                                         Expected{"2001:db8::1", "8.8.8.8", Scope::kPublic}));

INSTANTIATE_TEST_SUITE_P(Mapped, ScopeOf,
                         testing::Values(Expected{"::ffff:127.0.0.1", "::ffff:127.0.0.1", Scope::kLoopback},
                                         Expected{"::ffff:10.1.2.3", "::ffff:192.168.0.1", Scope::kPrivate},
                                         Expected{"::ffff:0.0.0.0", "::ffff:0.0.0.0", Scope::kWildcard},
                                         Expected{"::ffff:8.8.8.8", "::ffff:8.8.8.8", Scope::kPublic}));

}  // namespace
}  // namespace portwatch::net
