// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/container_files.h"

#include <algorithm>
#include <cstddef>

#include <nlohmann/json.hpp>

namespace portwatch::sensor {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestName = 128;

/// Null when it does not read.
Json parse(std::string_view text) {
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

/// Empty: it is missing, or no plain name.
std::string text_of(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  std::string text = found->get<std::string>();
  return is_plain_name(text) ? text : std::string();
}

std::optional<ContainerName> named(std::string name) {
  if (name.empty()) return std::nullopt;
  return ContainerName{.container = name, .network = name};
}

/// Each set of annotations that names a pod.
struct PodKeys {
  const char* space;
  const char* pod;
  const char* container;
};
constexpr PodKeys kPodKeys[] = {
    {"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.sandbox-name",
     "io.kubernetes.cri.container-name"},
    {"io.kubernetes.pod.namespace", "io.kubernetes.pod.name", "io.kubernetes.container.name"},
};

std::optional<ContainerName> pod_name(const Json& annotations, const PodKeys& keys) {
  const std::string space = text_of(annotations, keys.space);
  const std::string pod = text_of(annotations, keys.pod);
  if (space.empty() || pod.empty()) return std::nullopt;
  ContainerName name{.container = space + "/" + pod, .network = space + "/" + pod};
  if (const std::string container = text_of(annotations, keys.container); !container.empty())
    name.container += "/" + container;  // the one without holds the pod together
  if (!is_plain_name(name.container)) return std::nullopt;
  return name;
}

}  // namespace

std::optional<ContainerName> docker_name(std::string_view json) {
  std::string name = text_of(parse(json), "Name");
  if (name.starts_with('/')) name.erase(0, 1);
  return named(std::move(name));
}

std::optional<ContainerName> storage_name(std::string_view json, std::string_view id) {
  const Json containers = parse(json);
  if (!containers.is_array()) return std::nullopt;
  for (const Json& container : containers) {
    if (!container.is_object() || container.value("id", Json()) != id) continue;
    const auto names = container.find("names");
    if (names == container.end() || !names->is_array() || names->empty()) return std::nullopt;
    return named(text_of({{"name", names->front()}}, "name"));
  }
  return std::nullopt;
}

std::optional<ContainerName> bundle_name(std::string_view json) {
  const Json bundle = parse(json);
  if (!bundle.is_object()) return std::nullopt;
  const auto annotations = bundle.find("annotations");
  if (annotations == bundle.end()) return std::nullopt;
  for (const PodKeys& keys : kPodKeys)
    if (auto name = pod_name(*annotations, keys)) return name;
  return named(text_of(*annotations, "nerdctl/name"));
}

bool is_plain_name(std::string_view name) {
  constexpr std::string_view kSigns = "-_.:@\\/";
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSigns.find(c) != std::string_view::npos;
  });
}

}  // namespace portwatch::sensor
