// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/describe.h"

#include <optional>

#include "daemon/core/exposure.h"
#include "daemon/core/program_identity.h"
#include "daemon/core/service_key.h"

namespace portwatch::core {

void describe(model::Listener& listener, const model::Sighting& sighting, const model::HostFacts& host) {
  listener.socket = sighting.socket;
  listener.socket.bind_intent = bind_intent_of(sighting.socket, host);
  listener.exposure = exposure_of(sighting.socket, host);
  listener.socket.reach = model::SocketRecord{}.reach;  // is in the exposure now
  listener.owners = sighting.owners;
  listener.attribution = sighting.attribution;
  const std::string user = service_user(sighting.socket, sighting.owners, sighting.user);
  const std::optional<base::Port> port = service_port(sighting.socket, host);
  const model::Process* owner = oldest_of(sighting.owners);
  listener.program = owner == nullptr ? unattributed(user, port) : identity_of(*owner);
  listener.service = service_key(sighting.socket, listener.exposure, listener.program, user, port);
}

void identify_again(model::Listener& listener, bool has_exec) {
  std::optional<model::ProgramIdentity> oldest;
  const model::Process* oldest_owner = oldest_of(listener.owners);
  for (const model::ProcessRef& owner : listener.owners) {
    model::ProgramIdentity program = identity_of(*owner);
    if (same_program(program, listener.program)) return;
    if (owner.get() == oldest_owner) oldest = std::move(program);
  }
  if (!oldest || (!has_exec && is_weak(*oldest) && !is_weak(listener.program))) return;
  std::string user = service_user(listener.socket, listener.owners);
  if (user.starts_with('#')) user = listener.service.user;
  listener.program = std::move(*oldest);
  listener.service = service_key(listener.socket, listener.exposure, listener.program, std::move(user),
                                 listener.service.port);
}

}  // namespace portwatch::core
