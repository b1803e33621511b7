// SPDX-License-Identifier: Apache-2.0
#pragma once

// What container engines write about a container on disk. Pure: texts in, names out. The files are the
// engines' own, but whoever starts a container chooses much of what is in them: a name that is not plain is
// none.

#include <optional>
#include <string>
#include <string_view>

namespace portwatch::sensor {

struct ContainerName {
  std::string container;  ///< "web"; of a pod "NAMESPACE/POD/CONTAINER"
  std::string network;    ///< what it calls its network namespace: the same; of a pod "NAMESPACE/POD"

  bool operator==(const ContainerName&) const = default;
};

/// docker: containers/ID/config.v2.json.
[[nodiscard]] std::optional<ContainerName> docker_name(std::string_view json);
/// podman, and CRI-O: containers.json of the storage, which lists all of them.
[[nodiscard]] std::optional<ContainerName> storage_name(std::string_view json, std::string_view id);
/// containerd (nerdctl, CRI) and CRI-O: the bundle's config.json (the annotations of the OCI runtime
/// specification).
[[nodiscard]] std::optional<ContainerName> bundle_name(std::string_view json);

/// Letters, digits and -_.:@\/ alone, at most 128.
[[nodiscard]] bool is_plain_name(std::string_view name);

}  // namespace portwatch::sensor
