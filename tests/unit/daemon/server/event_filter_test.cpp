// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/event_filter.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace portwatch::server {
namespace {

using model::EventQuery;

model::Event opened() {
  model::Listener listener = test::make_listener("127.0.0.1:62893/tcp");
  model::Process owner = *listener.owners.front();
  owner.unit = "demo.service";
  listener.owners = {test::share(owner)};
  return test::make_event(model::EventKind::kOpened, 1, listener);
}

net::PortQuery port(const char* text) {
  const auto query = net::parse_port_query(text);
  PW_ASSERT(query);
  return *query;
}

TEST(EventFilter, NeedsEveryConditionToHold) {
  const model::Event event = opened();
  const base::UtcTime at = event.time.at;
  struct Row {
    const char* name;
    EventQuery query;
    bool matches;
  };
  for (const Row& row : {
           Row{"nothing asked", {}, true},
           Row{"port", {.port = port("62893")}, true},
           Row{"another port", {.port = port("80")}, false},
           Row{"protocol", {.port = port("62893/udp")}, false},
           Row{"address", {.port = port("127.0.0.1:62893")}, true},
           Row{"another address", {.port = port("127.0.0.2:62893")}, false},
           Row{"since, inclusive", {.since = at}, true},
           Row{"since later", {.since = at + base::Micros{1}}, false},
           Row{"until, exclusive", {.until = at}, false},
           Row{"until later", {.until = at + base::Micros{1}}, true},
           Row{"kind", {.kinds = {model::EventKind::kClosed, model::EventKind::kOpened}}, true},
           Row{"another kind", {.kinds = {model::EventKind::kClosed}}, false},
           Row{"part of the program", {.program = "http.ser"}, true},
           Row{"another case", {.program = "HTTP"}, false},
           Row{"user", {.user = "ana"}, true},
           Row{"part of a user", {.user = "an"}, false},
           Row{"unit", {.unit = "demo.service"}, true},
           Row{"another unit", {.unit = "demo"}, false},
           Row{"one of two", {.program = "http", .user = "bob"}, false},
       })
    EXPECT_EQ(matches(row.query, event), row.matches) << row.name;
}

TEST(EventFilter, FindsNoListenerInEventsAboutNone) {
  const model::Event gap = test::make_event(model::EventKind::kGap);
  EXPECT_TRUE(matches({}, gap));
  EXPECT_FALSE(matches({.port = port("62893")}, gap));
  EXPECT_FALSE(matches({.program = "p"}, gap));
  EXPECT_FALSE(matches({.user = "ana"}, gap));
  EXPECT_FALSE(matches({.unit = "u"}, gap));
}

}  // namespace
}  // namespace portwatch::server
