// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/cgroup.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "common/base/text.h"
#include "daemon/sensor/linux/login_sessions.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kMaxName = 255;

bool has_any_suffix(std::string_view text, std::initializer_list<std::string_view> suffixes) {
  return std::ranges::any_of(suffixes,
                             [&](std::string_view s) { return text.size() > s.size() && text.ends_with(s); });
}

/// Takes `prefix` and `suffix` off; nothing when one is missing or nothing is left.
std::optional<std::string_view> between(std::string_view text, std::string_view prefix,
                                        std::string_view suffix) {
  if (text.size() <= prefix.size() + suffix.size() || !text.starts_with(prefix) || !text.ends_with(suffix))
    return std::nullopt;
  return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

/// A container's id or name in one component of a path, seen together with the one before it.
std::optional<std::string_view> container_in(std::string_view parent, std::string_view component) {
  if (is_container_id(component)) return component;  // docker/<id>, kubepods/…/<id>
  const auto scope = between(component, "", ".scope");
  // docker-<id>.scope, libpod-<id>.scope, cri-containerd-<id>.scope, crio-<id>.scope; without ".scope" where
  // the engine makes its groups by itself; "conmon" watches from outside.
  const std::string_view name = scope.value_or(component);
  const std::size_t dash = name.rfind('-');
  if (dash != std::string_view::npos && is_container_id(name.substr(dash + 1)) &&
      name.find("conmon") == std::string_view::npos)
    return name.substr(dash + 1);
  if (scope && parent == "machine.slice")
    if (const auto machine = between(*scope, "machine-", "")) return machine;  // nspawn and libvirt
  if (parent == "machine.slice")
    if (const auto machine = between(component, "systemd-nspawn@", ".service")) return machine;
  if (const auto payload = between(component, "lxc.payload.", "")) return payload;
  if (parent == "lxc" || parent == "lxc.payload") return component;
  return std::nullopt;
}

struct Place {
  std::vector<std::string_view> components;
  std::vector<std::size_t> begins;  ///< of each, in the path
  bool is_above = false;            ///< it leads out of our control group namespace

  [[nodiscard]] bool is_root() const { return components.empty(); }
};

Place place_of(std::string_view path) {
  Place place;
  for (std::string_view component : base::split(path, '/')) {
    const auto begin = static_cast<std::size_t>(component.data() - path.data());
    // ".." stands for what is above the root of our control group namespace.
    if (component == "..") place.is_above = true;
    if (component.empty() || component == "..") continue;
    // cgroup names that could be mistaken for the kernel's files are escaped with "_".
    if (component.starts_with('_')) component.remove_prefix(1);
    if (component.empty()) continue;
    place.components.push_back(component.substr(0, kMaxName));
    place.begins.push_back(begin);
  }
  return place;
}

/// Notes the innermost container, and where the outermost one lies.
void find_container(const Place& place, std::string_view path, std::string_view controllers,
                    CgroupFacts& facts) {
  std::optional<std::string_view> outermost;
  std::string_view parent;
  for (std::size_t i = 0; i < place.components.size(); ++i) {
    const auto id = container_in(parent, place.components[i]);
    parent = place.components[i];
    if (!id) continue;
    facts.container = *id;
    if (outermost) {
      facts.is_nested = facts.is_nested || *id != *outermost;
      continue;
    }
    outermost = id;
    if (place.is_above) continue;
    const std::string_view folder = path.substr(0, place.begins[i]);
    facts.container_folder = folder.substr(0, folder.find_last_not_of('/') + 1);
    facts.container_hierarchy = controllers.substr(controllers.starts_with("name=") ? 5 : 0);
  }
}

std::optional<base::Uid> user_of(const Place& place) {
  for (const std::string_view component : place.components) {
    const auto name = between(component, "user@", ".service");
    const auto number = name ? base::parse_u64(*name) : std::nullopt;
    if (number && *number <= std::numeric_limits<std::uint32_t>::max())
      return base::Uid{static_cast<std::uint32_t>(*number)};
  }
  return std::nullopt;
}

/// The first component that is a unit and no slice; below a user's manager, the user's own unit.
std::optional<std::string> unit_of(const Place& place) {
  std::optional<std::string> unit;
  std::string_view parent;
  bool is_below_manager = false;
  for (const std::string_view component : place.components) {
    const bool is_unit = has_any_suffix(component, {".service", ".scope", ".socket", ".mount", ".swap"});
    if (is_unit && container_in(parent, component)) return unit;  // says nothing that the container does not
    parent = component;
    if (!is_unit) {
      if (unit && !is_below_manager) break;  // a unit's own business begins here
      continue;
    }
    if (is_below_manager && component == "init.scope") break;  // the manager itself
    unit = component;
    if (is_below_manager || !component.starts_with("user@")) break;
    is_below_manager = true;
  }
  return unit;
}

}  // namespace

bool is_container_id(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  return text.size() == kDigits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

CgroupFacts parse_cgroup(std::string_view text) {
  CgroupFacts facts;
  bool has_unit_of_v2 = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const Place place = place_of(line.substr(second + 1));
    if (place.is_root()) continue;

    if (!facts.container) find_container(place, line.substr(second + 1), controllers, facts);
    facts.is_pod = facts.is_pod || place.components.front().starts_with("kubepods");
    if (!facts.user) facts.user = user_of(place);
    const bool is_v2 = controllers.empty();
    if (!is_v2 && (controllers != "name=systemd" || has_unit_of_v2)) continue;
    if (auto session = login_session_of(line.substr(second + 1))) facts.login_session = std::move(session);
    if (auto unit = unit_of(place)) {
      facts.unit = std::move(unit);
      has_unit_of_v2 = has_unit_of_v2 || is_v2;
    }
  }
  return facts;
}

}  // namespace portwatch::sensor
