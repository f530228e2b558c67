#include "cluster/credentials.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/json_reader.h"
#include "engine/timestamp.h"

namespace stateward {
namespace {

constexpr std::chrono::seconds kReadAgain{60};
constexpr std::chrono::seconds kBeforeExpiry{10};
constexpr std::chrono::hours kForEver{24 * 365};

std::string trimmed(std::string text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && is_space(text.back())) text.pop_back();
  const auto first = std::find_if_not(text.begin(), text.end(), is_space);
  text.erase(text.begin(), first);
  return text;
}

Result<std::string> text_of(const TextSource& source) {
  if (!source.text.empty() || source.file.empty()) return source.text;
  return read_small_file(source.file);
}

}  // namespace

Result<Credentials> CredentialSource::current() {
  const std::lock_guard lock(mutex_);
  const auto now = now_();
  if (last_ && now < look_again_) return *last_;
  look_again_ = now + kReadAgain;
  auto fresh = read();
  if (fresh) {
    last_ = std::move(*fresh);
  } else if (!last_) {
    look_again_ = {};
    return fresh;
  }
  return *last_;
}

void CredentialSource::refused() {
  const std::lock_guard lock(mutex_);
  look_again_ = {};
}

Result<Credentials> CredentialSource::read() {
  Credentials credentials;
  const std::pair<const TextSource&, std::string&> parts[] = {
      {access_.ca, credentials.ca},
      {access_.client_chain, credentials.client_chain},
      {access_.client_key, credentials.client_key},
      {access_.token, credentials.token}};
  for (const auto& [source, text] : parts) {
    auto read = text_of(source);
    if (!read) return tl::unexpected(read.error());
    text = std::move(*read);
  }
  credentials.token = trimmed(std::move(credentials.token));
  if (access_.plugin) {
    if (auto asked = ask_plugin(credentials); !asked) return tl::unexpected(asked.error());
  }
  return credentials;
}

Result<void> CredentialSource::ask_plugin(Credentials& credentials) {
  const auto printed = run_plugin(*access_.plugin);
  if (!printed) return tl::unexpected(printed.error());
  const ReadDocument read = read_json(*printed, Places::skip);
  const Node status = read.document ? read.document->node()["status"] : Node();
  if (!status.is_map() || read.document->node()["kind"].text() != "ExecCredential") {
    return fail(
        fmt::format("{}: printed no ExecCredential with a status", access_.plugin->command));
  }
  credentials.token = status["token"].text(credentials.token);
  credentials.client_chain = status["clientCertificateData"].text(credentials.client_chain);
  credentials.client_key = status["clientKeyData"].text(credentials.client_key);
  const auto expires = parse_timestamp(status["expirationTimestamp"].text());
  look_again_ = expires ? std::chrono::sys_seconds(std::chrono::seconds(*expires)) - kBeforeExpiry
                        : now_() + kForEver;
  return {};
}

}  // namespace stateward
