#include "cli/report.h"

#include <fmt/format.h>

namespace stateward {

std::string_view file_of(const JudgedSet& set, const Object& object) {
  return set.manifests == nullptr ? std::string_view() : set.manifests->file_of(object).name;
}

std::string_view template_of(const JudgedSet& set, const Object& object) {
  return set.manifests == nullptr ? std::string_view() : set.manifests->template_of(object);
}

RepositoryPlace repository_place(const JudgedSet& set, const PlacedFinding& placed) {
  const Object& object = *placed.finding.object;
  if (set.manifests == nullptr) return {.path = full_name(object)};
  const std::string_view file = file_of(set, object);
  const std::string_view made_from = template_of(set, object);
  if (file == kStandardInput && !made_from.empty())
    return {.path = std::string(made_from), .rendered_line = placed.place.start.line};
  return {.path = std::string(file), .span = placed.place};
}

std::string full_name(const Object& object) {
  return fmt::format("{}/{}/{}", object.name_space, object.kind_name, object.name);
}

std::string short_name(const Object& object) {
  if (object.name.empty()) return std::string(object.kind_name);
  return fmt::format("{} {}", object.kind_name, object.name);
}

std::string exempt_text(const Exemption& exemption) {
  std::string terms = exemption.owner;
  if (exemption.until)
    terms += fmt::format("{}until {}", terms.empty() ? "" : ", ", to_string(*exemption.until));
  return fmt::format("exempt: {}{}", exemption.reason,
                     terms.empty() ? "" : fmt::format(" ({})", terms));
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string sum_of(const Summary& summary) {
  std::string sum = fmt::format(
      "{} in {}: {} denied, {}, {} audited", counted(summary.objects, "object", "objects"),
      summary.namespaces ? counted(*summary.namespaces, "namespace", "namespaces")
                         : counted(summary.files, "file", "files"),
      summary.denied, counted(summary.warned, "warning", "warnings"), summary.audited);
  if (summary.unreadable > 0) sum += ", " + counted(summary.unreadable, "error", "errors");
  if (summary.exempted > 0) sum += fmt::format(", {} exempt", summary.exempted);
  if (summary.ignored > 0)
    sum +=
        fmt::format("; {} ignored", counted(summary.ignored, "other document", "other documents"));
  return sum;
}

}  // namespace stateward
