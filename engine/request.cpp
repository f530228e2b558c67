#include "engine/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/trimmed.h"

namespace stateward {
namespace {

constexpr std::string_view kServiceAccount = "system:serviceaccount:";
constexpr std::string_view kKubeSystem = "system:serviceaccount:kube-system:";
constexpr std::string_view kNode = "system:node:";

// The controllers of kube-controller-manager that create, mend or clean up what we judge.
constexpr std::array<std::string_view, 7> kControllers = {
    "statefulset-controller",   "generic-garbage-collector", "namespace-controller",
    "pod-garbage-collector",    "node-controller",           "pvc-protection-controller",
    "persistent-volume-binder",
};

std::optional<int> digits(std::string_view text) {
  int number = 0;
  const bool all =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!all || text.empty()) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int days_in(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

}  // namespace

std::string to_string(Date date) {
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::optional<Date> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(5, 2));
  const auto day = digits(text.substr(8, 2));
  if (!year || !month || !day || *month < 1 || *month > 12) return std::nullopt;
  if (*day < 1 || *day > days_in(*year, *month)) return std::nullopt;
  return Date{*year, *month, *day};
}

bool is_service_account(std::string_view user) { return user.starts_with(kServiceAccount); }

bool is_kubelet(std::string_view user) {
  return user.starts_with(kNode) && user.size() > kNode.size() &&
         user.find(':', kNode.size()) == std::string_view::npos;
}

bool is_autoscaler(std::string_view user) {
  return user.starts_with(kKubeSystem) &&
         user.substr(kKubeSystem.size()) == "horizontal-pod-autoscaler";
}

bool is_system_actor(std::string_view user) {
  if (is_kubelet(user) || user == "system:kube-controller-manager") return true;
  if (!user.starts_with(kKubeSystem)) return false;
  return std::find(kControllers.begin(), kControllers.end(), user.substr(kKubeSystem.size())) !=
         kControllers.end();
}

std::optional<Consent> parse_consent(std::string_view text, Date today) {
  Consent consent;
  const std::size_t semicolon = text.rfind(';');
  if (semicolon != std::string_view::npos) {
    const std::string_view tail = trimmed(text.substr(semicolon + 1));
    constexpr std::string_view kUntil = "until";
    if (tail.starts_with(kUntil) || tail.starts_with("Until")) {
      consent.until = parse_date(trimmed(tail.substr(kUntil.size())));
      if (!consent.until || *consent.until < today) return std::nullopt;
      text = text.substr(0, semicolon);
    }
  }
  consent.reason = trimmed(text);
  if (consent.reason.empty()) return std::nullopt;
  return consent;
}

}  // namespace stateward
