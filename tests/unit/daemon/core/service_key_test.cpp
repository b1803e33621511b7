// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/service_key.h"

#include <gtest/gtest.h>

#include "tests/support/fake_machine.h"

namespace portwatch::core {
namespace {

using model::BindIntent;
using test::FakeMachine;
using test::FakeProcess;

model::SocketRecord socket_on(std::uint16_t port, BindIntent intent = BindIntent::kUnknown) {
  model::SocketRecord socket;
  socket.endpoint = test::endpoint("127.0.0.1", port);
  socket.bind_intent = intent;
  socket.uid = base::Uid{1000};
  return socket;
}

TEST(ServiceKey, HoldsAPortThatTheProgramNamed) {
  const FakeMachine machine;
  const model::HostFacts facts = FakeMachine().host();
  EXPECT_EQ(service_port(socket_on(8080), facts), base::Port{8080});
  EXPECT_EQ(service_port(socket_on(62893), facts), base::Port{62893});
  EXPECT_EQ(service_port(socket_on(40000, BindIntent::kExplicit), facts), base::Port{40000});
}

TEST(ServiceKey, HoldsNoPortThatTheKernelChoseOrMayHave) {
  const model::HostFacts facts = FakeMachine().host();
  EXPECT_EQ(service_port(socket_on(40000), facts), std::nullopt);
  EXPECT_EQ(service_port(socket_on(32768), facts), std::nullopt);
  EXPECT_EQ(service_port(socket_on(60999), facts), std::nullopt);
  EXPECT_EQ(service_port(socket_on(8080, BindIntent::kKernelChosen), facts), std::nullopt);
}

TEST(ServiceKey, KnowsTheIntentOutsideTheDynamicRange) {
  model::HostFacts facts = FakeMachine().host();
  EXPECT_EQ(bind_intent_of(socket_on(32767), facts), BindIntent::kExplicit);
  EXPECT_EQ(bind_intent_of(socket_on(32768), facts), BindIntent::kUnknown);
  facts.dynamic_ports = {base::Port{1024}, base::Port{2000}};
  EXPECT_EQ(bind_intent_of(socket_on(32768), facts), BindIntent::kExplicit);
  EXPECT_EQ(bind_intent_of(socket_on(1024), facts), BindIntent::kUnknown);
}

TEST(ServiceKey, TakesTheUserWhoMadeTheSocket) {
  model::SocketRecord socket = socket_on(80);
  const auto ana = FakeProcess(1).user(1000, "ana").ref();
  const auto www = FakeProcess(2).user(33, "www-data").ref();
  EXPECT_EQ(service_user(socket, {www, ana}), "ana");
  EXPECT_EQ(service_user(socket, {www}), "#1000");
  EXPECT_EQ(service_user(socket, {www}, "ana"), "ana") << "also when nobody who holds it runs as ana";
  socket.uid = base::Uid{0};
  EXPECT_EQ(service_user(socket, {www}), "root") << "a server that gave up its rights after binding";
  EXPECT_EQ(service_user(socket, {}), "root");
}

TEST(ServiceKey, DiffersInEachOfItsFields) {
  const model::ProgramIdentity program{model::ProgramKind::kExecutable, "/usr/bin/x", "x"};
  const auto key = service_key(socket_on(80), model::Exposure::kLoopback, program, "ana", base::Port{80});
  std::vector<model::ServiceKey> others(6, key);
  others[0].protocol = net::Protocol::kUdp;
  others[1].exposure = model::Exposure::kAny;
  others[2].port = std::nullopt;
  others[3].program_kind = model::ProgramKind::kScript;
  others[4].program = "/usr/bin/y";
  others[5].user = "bob";
  for (const model::ServiceKey& other : others) EXPECT_NE(other, key);
  EXPECT_EQ(service_key(socket_on(80), model::Exposure::kLoopback, program, "ana", base::Port{80}), key);
  EXPECT_EQ(key.scheme, model::kIdentityScheme);
}

}  // namespace
}  // namespace portwatch::core
