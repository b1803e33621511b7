// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/detail_codec.h"

#include "daemon/store/conflict_codec.h"
#include "daemon/store/fields.h"
#include "daemon/store/listener_key_codec.h"
#include "daemon/store/row_values.h"

namespace portwatch::store {
namespace {

/// Reads a list whose elements are read by `read`.
template <class T, class Read>
std::vector<T> read_list(FieldReader& in, Read read) {
  std::vector<T> list;
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.is_good(); ++i) list.push_back(read(in));
  return list;
}

template <class T>
base::Result<T> checked(const FieldReader& in, T value, std::string_view what) {
  if (!in.is_good()) return corrupt(what);
  return value;
}

void put(FieldWriter& out, const model::Reason& reason) {
  out.put(reason.code).put(reason.text);
}

model::Reason read_reason(FieldReader& in) {
  model::Reason reason;
  reason.code = in.enumerator<model::ReasonCode>();
  reason.text = in.text();
  return reason;
}

void put(FieldWriter& out, const std::vector<model::Reason>& reasons) {
  out.put(static_cast<std::int64_t>(reasons.size()));
  for (const model::Reason& reason : reasons) put(out, reason);
}

void put(FieldWriter& out, const model::Table& table) {
  out.put(to_bits(table.netns.value)).put(table.protocol).put(table.family);
}

model::Table read_table(FieldReader& in) {
  model::Table table;
  table.netns.value = from_bits(in.number());
  table.protocol = in.enumerator<net::Protocol>();
  table.family = in.enumerator<net::Family>();
  return table;
}

void put(FieldWriter& out, const model::BaselineEntry& entry) {
  const model::ServiceKey& service = entry.service;
  out.put(std::int64_t{service.scheme})
      .put(service.protocol)
      .put(service.exposure)
      .put(service.port ? std::optional<std::int64_t>(service.port->value) : std::nullopt)
      .put(service.program_kind)
      .put(service.program)
      .put(service.user)
      .put(entry.label)
      .put(entry.origin)
      .put(to_us(entry.added_at))
      .put(entry.added_by);
}

model::BaselineEntry read_entry(FieldReader& in) {
  model::BaselineEntry entry;
  entry.service.scheme = static_cast<int>(in.number());
  entry.service.protocol = in.enumerator<net::Protocol>();
  entry.service.exposure = in.enumerator<model::Exposure>();
  if (const auto port = in.optional_number())
    entry.service.port = base::Port{static_cast<std::uint16_t>(*port)};
  entry.service.program_kind = in.enumerator<model::ProgramKind>();
  entry.service.program = in.text();
  entry.service.user = in.text();
  entry.label = in.text();
  entry.origin = in.enumerator<model::BaselineOrigin>();
  entry.added_at = utc_from_us(in.number());
  entry.added_by = in.text();
  return entry;
}

struct Encoder {
  FieldWriter& out;

  void operator()(std::monostate) const {}
  void operator()(const model::StartedDetail& detail) const { out.put(detail.version).put(detail.sensor); }
  void operator()(const model::GapDetail& detail) const {
    out.put(to_us(detail.from)).put(to_us(detail.to)).put(detail.reason);
  }
  void operator()(const model::SuspendedDetail& detail) const {
    out.put(static_cast<std::int64_t>(detail.duration.count()));
  }
  void operator()(const model::CoverageDetail& detail) const {
    const model::Coverage& coverage = detail.coverage;
    out.put(static_cast<std::int64_t>(coverage.tables.size()));
    for (const model::Table& table : coverage.tables) put(out, table);
    out.put(static_cast<std::int64_t>(coverage.holes.size()));
    for (const model::Hole& hole : coverage.holes) {
      put(out, hole.table);
      out.put(hole.reason);
    }
    out.put(std::int64_t{coverage.denied_processes}).put(std::int64_t{coverage.are_bind_intents_known});
  }
  void operator()(const model::OpenedDetail& detail) const {
    out.put(detail.replaces_seq ? std::optional(detail.replaces_seq->value) : std::nullopt);
    out.put(std::int64_t{detail.replaces.has_value()});
    if (detail.replaces) put(out, *detail.replaces);
  }
  void operator()(const model::OwnerChangedDetail&) const {}
  void operator()(const model::AlertDetail& detail) const {
    const model::Alert& alert = detail.alert;
    out.put(alert.id.value)
        .put(alert.state)
        .put(alert.severity)
        .put(alert.delivery)
        .put(alert.count)
        .put(to_us(alert.opened_at))
        .put(to_us(alert.last_seen_at))
        .put(alert.changed_by);
    put(out, alert.reasons);
  }
  void operator()(const model::PolicyDetail& detail) const {
    out.put(to_us(detail.learning_until)).put(static_cast<std::int64_t>(detail.added.size()));
    for (const model::BaselineEntry& entry : detail.added) put(out, entry);
  }
  void operator()(const model::ConflictDetail& detail) const { store::put(out, detail); }
};

model::CoverageDetail read_coverage(FieldReader& in) {
  model::CoverageDetail detail;
  detail.coverage.tables = read_list<model::Table>(in, read_table);
  detail.coverage.holes = read_list<model::Hole>(in, [](FieldReader& from) {
    model::Hole hole;
    hole.table = read_table(from);
    hole.reason = from.text();
    return hole;
  });
  detail.coverage.denied_processes = static_cast<std::uint32_t>(in.number());
  detail.coverage.are_bind_intents_known = in.number() != 0;
  return detail;
}

model::OpenedDetail read_opened(FieldReader& in) {
  model::OpenedDetail detail;
  if (const auto seq = in.optional_number()) detail.replaces_seq = base::Seq{*seq};
  if (in.number() != 0) detail.replaces = read_key(in);
  return detail;
}

model::AlertDetail read_alert(FieldReader& in) {
  model::AlertDetail detail;
  model::Alert& alert = detail.alert;
  alert.id.value = in.number();
  alert.state = in.enumerator<model::AlertState>();
  alert.severity = in.enumerator<model::Severity>();
  alert.delivery = in.enumerator<model::Delivery>();
  alert.count = in.number();
  alert.opened_at = utc_from_us(in.number());
  alert.last_seen_at = utc_from_us(in.number());
  alert.changed_by = in.text();
  alert.reasons = read_list<model::Reason>(in, read_reason);
  return detail;
}

model::EventDetail read_detail(model::EventKind kind, FieldReader& in) {
  switch (kind) {
    case model::EventKind::kStarted: {
      std::string version = in.text();
      return model::StartedDetail{.version = std::move(version), .sensor = in.text()};
    }
    case model::EventKind::kGap: {
      model::GapDetail detail;
      detail.from = utc_from_us(in.number());
      detail.to = utc_from_us(in.number());
      detail.reason = in.text();
      return detail;
    }
    case model::EventKind::kSuspended: return model::SuspendedDetail{.duration = base::Micros(in.number())};
    case model::EventKind::kCoverageChanged: return read_coverage(in);
    case model::EventKind::kOpened: return read_opened(in);
    case model::EventKind::kOwnerChanged: return model::OwnerChangedDetail{};
    case model::EventKind::kAlertRaised:
    case model::EventKind::kAlertChanged: return read_alert(in);
    case model::EventKind::kPolicyChanged: {
      model::PolicyDetail detail;
      detail.learning_until = utc_from_us(in.optional_number());
      detail.added = read_list<model::BaselineEntry>(in, read_entry);
      return detail;
    }
    case model::EventKind::kBindConflict: return read_conflict(in);
    case model::EventKind::kStopped:
    case model::EventKind::kClosed: break;
  }
  return std::monostate{};
}

}  // namespace

std::string encode_argv(const std::vector<std::string>& argv) {
  FieldWriter out;
  for (const std::string& argument : argv) out.put(argument);
  return out.bytes();
}

base::Result<std::vector<std::string>> decode_argv(std::string_view bytes) {
  FieldReader in(bytes);
  std::vector<std::string> argv;
  while (in.is_good() && !in.is_at_end()) argv.push_back(in.text());
  return checked(in, std::move(argv), "the arguments of a process do not decode");
}

std::string encode_ancestors(const std::vector<model::Ancestor>& ancestors) {
  FieldWriter out;
  for (const model::Ancestor& ancestor : ancestors)
    out.put(std::int64_t{ancestor.pid.value}).put(to_us(ancestor.start)).put(ancestor.name);
  return out.bytes();
}

base::Result<std::vector<model::Ancestor>> decode_ancestors(std::string_view bytes) {
  FieldReader in(bytes);
  std::vector<model::Ancestor> ancestors;
  while (in.is_good() && !in.is_at_end()) {
    model::Ancestor ancestor;
    ancestor.pid.value = static_cast<std::int32_t>(in.number());
    ancestor.start = boot_from_us(in.number());
    ancestor.name = in.text();
    ancestors.push_back(std::move(ancestor));
  }
  return checked(in, std::move(ancestors), "the parents of a process do not decode");
}

std::string encode_reasons(const std::vector<model::Reason>& reasons) {
  FieldWriter out;
  put(out, reasons);
  return out.bytes();
}

base::Result<std::vector<model::Reason>> decode_reasons(std::string_view bytes) {
  FieldReader in(bytes);
  std::vector<model::Reason> reasons = read_list<model::Reason>(in, read_reason);
  return checked(in, std::move(reasons), "the reasons of an alert do not decode");
}

std::string encode_detail(const model::EventDetail& detail) {
  FieldWriter out;
  std::visit(Encoder{out}, detail);
  return out.bytes();
}

base::Result<model::EventDetail> decode_detail(model::EventKind kind, std::string_view bytes) {
  FieldReader in(bytes);
  model::EventDetail detail = read_detail(kind, in);
  return checked(in, std::move(detail), "the detail of an event does not decode");
}

}  // namespace portwatch::store
