#include "engine/decide.h"

#include <fmt/format.h>

#include <algorithm>

namespace stateward {
namespace {

// What the API server passes on unharmed (k8s.io/api admission/v1: warnings should be at most 120
// characters; longer and more of them are cut once they come to 4,096).
constexpr std::size_t kWarningLength = 120;
constexpr std::size_t kWarnings = 10;
constexpr std::size_t kMessageLength = 1024;

std::string sentence(const Finding& finding) {
  return fmt::format("[{}] {}", finding.policy->id, finding.message);
}

std::string denial(std::span<const Finding* const> denying) {
  std::string message;
  for (const Finding* finding : denying) {
    if (!message.empty()) message += "; ";
    message +=
        fmt::format("{} at {}: {}", sentence(*finding), finding->path.text(), finding->remedy);
  }
  return printable(message, kMessageLength);
}

std::vector<std::string> limited(std::vector<std::string> warnings) {
  if (warnings.size() > kWarnings) {
    const std::size_t more = warnings.size() - (kWarnings - 1);
    warnings.resize(kWarnings - 1);
    warnings.push_back(
        fmt::format("and {} more warnings; stateward validate lists them all", more));
  }
  return warnings;
}

// One audit annotation a policy: the API server refuses a second value for a key.
void note(Decision& decision, const Finding& finding, EnforcementAction action) {
  const std::string value =
      printable(fmt::format("{}: {}", to_string(action), finding.path.text()), kWarningLength);
  if (!decision.audit.empty() && decision.audit.back().first == finding.policy->id) {
    std::string& all = decision.audit.back().second;
    if (all.size() + value.size() < kMessageLength) all += ", " + value;
    return;
  }
  decision.audit.emplace_back(std::string(finding.policy->id), value);
}

}  // namespace

EnforcementAction action_of(const Finding& finding, Enforcement enforcement) {
  const bool guard = enforcement == Enforcement::guard;
  EnforcementAction action = guard ? finding.guarded : finding.action;
  // In guarded namespaces exemptions live in settings: who may write an object there may not exempt
  // it.
  if (finding.exemption && (!guard || finding.exemption->in_settings))
    action = std::min(action, EnforcementAction::audit);
  if (finding.existed || enforcement == Enforcement::observe)
    action = std::min(action, EnforcementAction::warn);
  return action;
}

Decision decide(std::span<const Finding> findings, Enforcement enforcement) {
  Decision decision;
  std::vector<const Finding*> denying;
  std::vector<std::string> warnings;
  for (const Finding& finding : findings) {
    const EnforcementAction action = action_of(finding, enforcement);
    if (action == EnforcementAction::off || finding.implied_by != nullptr) continue;
    if (action == EnforcementAction::deny) denying.push_back(&finding);
    if (action == EnforcementAction::warn)
      warnings.push_back(printable(sentence(finding), kWarningLength));
    note(decision, finding, action);
  }
  decision.warnings = limited(std::move(warnings));
  if (!denying.empty()) {
    decision.allowed = false;
    decision.code = 403;
    decision.reason = "Forbidden";
    decision.message = denial(denying);
  }
  return decision;
}

std::string printable(std::string_view text, std::size_t limit) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  std::string out(text.substr(0, limit));
  if (text.size() > limit) {
    constexpr std::string_view kEllipsis = "...";
    std::size_t end = limit - std::min(limit, kEllipsis.size());
    while (end > 0 && continues(text[end])) --end;
    out.resize(end);
    out += kEllipsis;
  }
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7F; };
  if (std::all_of(out.begin(), out.end(), plain)) return out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    const auto next = i + 1 < out.size() ? static_cast<unsigned char>(out[i + 1]) : 0U;
    if (byte < 0x20 || byte == 0x7F) out[i] = ' ';
    // C1 controls (U+0080 to U+009F) and the line separators U+2028 and U+2029.
    if (byte == 0xC2 && next >= 0x80 && next < 0xA0) out.replace(i, 2, "  ");
    if (out.compare(i, 3, "\xE2\x80\xA8") == 0 || out.compare(i, 3, "\xE2\x80\xA9") == 0)
      out.replace(i, 3, "   ");
  }
  return out;
}

}  // namespace stateward
