// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/settings.h"

namespace portwatch::app {
namespace {

const platform::Locations& usual_places(const Surroundings& surroundings) {
  return is_in_system_places(surroundings) ? surroundings.system : surroundings.personal;
}

model::Profile profile_of(ProfileChoice choice, const Surroundings& surroundings,
                          const std::filesystem::path& state_directory) {
  switch (choice) {
    case ProfileChoice::kLaptop: return model::Profile::kLaptop;
    case ProfileChoice::kServer: return model::Profile::kServer;
    case ProfileChoice::kAuto: break;
  }
  const bool is_roots_own_service =
      surroundings.uid == base::Uid{0} && state_directory == surroundings.system.state_dir;
  return surroundings.service.is_system_service || is_roots_own_service ? model::Profile::kServer
                                                                        : model::Profile::kLaptop;
}

bool is_for_everybody(AudienceChoice choice, const Surroundings& surroundings,
                      const std::filesystem::path& socket) {
  switch (choice) {
    case AudienceChoice::kOwner: return false;
    case AudienceChoice::kEverybody: return true;
    case AudienceChoice::kAuto: break;
  }
  return surroundings.service.is_system_service || socket == surroundings.system.socket;
}

}  // namespace

bool is_in_system_places(const Surroundings& surroundings) {
  return surroundings.service.is_system_service || surroundings.uid == base::Uid{0};
}

base::Result<ConfigurationFile> locate_configuration(const Options& options,
                                                     const Surroundings& surroundings) {
  if (options.config) return ConfigurationFile{*options.config, true};
  const auto& usual = usual_places(surroundings).config_file;
  if (usual.empty())
    return base::fail(
        base::ErrorCode::kNotFound,
        "there is no home folder to look for the configuration in; name the file with --config");
  return ConfigurationFile{usual, false};
}

base::Result<Settings> resolve(const Options& options, const Configuration& configuration,
                               const Surroundings& surroundings) {
  const platform::Locations& usual = usual_places(surroundings);
  const ServiceContext& service = surroundings.service;
  Settings settings;
  settings.state_directory = options.state_directory                  ? *options.state_directory
                             : !configuration.state_directory.empty() ? configuration.state_directory
                             : service.state_directory                ? *service.state_directory
                                                                      : usual.state_dir;
  settings.socket = options.socket                  ? *options.socket
                    : !configuration.socket.empty() ? configuration.socket
                    : service.runtime_directory     ? *service.runtime_directory / usual.socket.filename()
                                                    : usual.socket;
  if (settings.state_directory.empty() || settings.socket.empty())
    return base::fail(base::ErrorCode::kNotFound,
                      "there is no home folder to work in; give --state-dir and --socket");
  if (options.replay && !options.once) {
    if (!options.socket) settings.socket = settings.state_directory / usual.socket.filename();
    for (const platform::Locations* places : {&surroundings.system, &surroundings.personal})
      if (settings.state_directory.lexically_normal() == places->state_dir.lexically_normal())
        return base::fail(base::ErrorCode::kInvalidArgument,
                          "a replay must not go where this machine's own history is kept; give another "
                          "folder with --state-dir");
  }
  settings.profile = profile_of(configuration.profile, surroundings, settings.state_directory);
  settings.is_for_everybody =
      !options.replay && is_for_everybody(configuration.audience, surroundings, settings.socket);
  settings.log_level = options.log_level.value_or(configuration.log_level);
  return settings;
}

bool may_self_approve(const Configuration& configuration, model::Profile profile) {
  if (configuration.self_approve == SelfApproval::kAuto) return profile == model::Profile::kLaptop;
  return configuration.self_approve == SelfApproval::kYes;
}

}  // namespace portwatch::app
