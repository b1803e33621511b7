// SPDX-License-Identifier: Apache-2.0
// Equality of model values looks through references, and keys read as documented.
#include <gtest/gtest.h>

#include "common/model/program_name.h"
#include "tests/support/builders.h"

namespace portwatch::model {
namespace {

TEST(ListenerKey, ReadsAsBootNamespaceSocketAndGeneration) {
  const ListenerKey cookie{.boot_id = "3f0c1f62-6c1c-4d0b-9a55-0b6f6f1f2a11",
                           .netns = {4026531840},
                           .socket = {.kind = SocketId::Kind::kCookie, .value = 0x2a},
                           .generation = 7};
  EXPECT_EQ(cookie.to_string(), "3f0c1f62-4026531840-c2a-7");
  ListenerKey inode = cookie;
  inode.socket.kind = SocketId::Kind::kInode;
  EXPECT_EQ(inode.to_string(), "3f0c1f62-4026531840-i2a-7");
}

TEST(Listener, IsEqualWhenItsOwnersAreEqualNotTheSame) {
  const Listener a = test::make_listener();
  Listener b = test::make_listener();
  ASSERT_NE(a.owners[0], b.owners[0]);
  EXPECT_EQ(a, b);
  b.owners = {test::share(test::make_process(9))};
  EXPECT_FALSE(a == b);
  b.owners.clear();
  EXPECT_FALSE(a == b);
}

TEST(Event, IsEqualWhenWhatItRefersToIsEqual) {
  for (std::size_t i = 0; i < base::kEnumNames<EventKind>.size(); ++i) {
    const auto kind = static_cast<EventKind>(i);
    SCOPED_TRACE(base::name_of(kind));
    EXPECT_EQ(test::make_event(kind), test::make_event(kind));
    EXPECT_FALSE(test::make_event(kind) == test::make_event(kind, 2));
  }
  const Event opened = test::make_event(EventKind::kOpened);
  EXPECT_FALSE(opened == test::make_event(EventKind::kOpened, 1, test::make_listener("127.0.0.1:9/tcp")));
  Event without = opened;
  without.listener = nullptr;
  EXPECT_FALSE(opened == without);
}

TEST(Alert, IsEqualWhenItsListenerIsEqual) {
  EXPECT_EQ(test::make_alert(), test::make_alert());
  EXPECT_FALSE(test::make_alert() == test::make_alert(1, test::make_listener("127.0.0.1:9/tcp")));
}

TEST(EnumNames, ReadBackAsTheirValues) {
  for (std::size_t i = 0; i < base::kEnumNames<Exposure>.size(); ++i)
    EXPECT_EQ(base::enum_from_name<Exposure>(base::name_of(static_cast<Exposure>(i))),
              static_cast<Exposure>(i));
  EXPECT_EQ(base::enum_from_name<Exposure>("Loopback"), std::nullopt);
  EXPECT_EQ(base::enum_from_name<Exposure>(""), std::nullopt);
}

TEST(PortRange, IncludesBothEnds) {
  const PortRange range{{32768}, {60999}};
  EXPECT_TRUE(range.contains({32768}));
  EXPECT_TRUE(range.contains({60999}));
  EXPECT_FALSE(range.contains({32767}));
  EXPECT_FALSE(range.contains({61000}));
}

TEST(ProgramName, IsTheFileAndWhatTheProcessGoesByWhenThatIsAnother) {
  const auto name_of_process = [](const char* exe, const char* name) {
    return program_name({.name = name, .exe = Executable{.path = exe}});
  };
  EXPECT_EQ(name_of_process("/usr/sbin/nginx", "nginx"), "nginx");
  EXPECT_EQ(name_of_process("/usr/bin/redis-check-rdb", "redis-server"), "redis-check-rdb (as redis-server)");
  EXPECT_EQ(name_of_process("/bin/busybox", "httpd"), "busybox (as httpd)");
  EXPECT_EQ(name_of_process("/usr/lib/systemd/systemd-resolved", "systemd-resolve"), "systemd-resolved")
      << "the kernel keeps 15 letters";
  EXPECT_EQ(name_of_process("/tmp/evil", "x)  known  ("), "evil (as 'x)  known  (')");
  EXPECT_EQ(name_of_process("/tmp/evil (as nginx)", "evil (as nginx)"), "'evil (as nginx)'");
  EXPECT_EQ(program_name({.name = "kworker"}), "");
}

}  // namespace
}  // namespace portwatch::model
