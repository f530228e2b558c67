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
  auto text = read_small_file(source.file);
  // An authority that is nothing would be that of the whole system, and no token nobody: it is
  // being written.
  if (text && trimmed(*text).empty())
    return fail(fmt::format("{}: is empty", source.file.string()));
  return text;
}

}  // namespace

Result<Credentials> CredentialSource::current() {
  const std::lock_guard lock(mutex_);
  const auto now = now_();
  if (last_ && now < look_again_) return *last_;
  look_again_ = now + kReadAgain;
  auto fresh = read(now);
  if (fresh) {
    last_ = std::move(*fresh);
    if (access_.plugin) look_again_ = std::min(look_again_, given_until_);
  } else if (!last_) {
    look_again_ = {};
    return fresh;
  }
  return *last_;
}

void CredentialSource::refused() {
  const std::lock_guard lock(mutex_);
  look_again_ = {};
  given_until_ = {};
}

Result<Credentials> CredentialSource::read(std::chrono::sys_seconds now) {
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
    if (now >= given_until_) {
      if (auto asked = ask_plugin(now); !asked) return tl::unexpected(asked.error());
    }
    if (!given_.token.empty()) credentials.token = given_.token;
    if (!given_.client_chain.empty()) {
      credentials.client_chain = given_.client_chain;
      credentials.client_key = given_.client_key;
    }
  }
  return credentials;
}

Result<void> CredentialSource::ask_plugin(std::chrono::sys_seconds now) {
  const auto printed = run_plugin(*access_.plugin);
  if (!printed) return tl::unexpected(printed.error());
  const ReadDocument read = read_json(*printed, Places::skip);
  const Node status = read.document ? read.document->node()["status"] : Node();
  if (!status.is_map() || read.document->node()["kind"].text() != "ExecCredential") {
    return fail(
        fmt::format("{}: printed no ExecCredential with a status", access_.plugin->command));
  }
  Credentials given{.client_chain = std::string(status["clientCertificateData"].text()),
                    .client_key = std::string(status["clientKeyData"].text()),
                    .token = std::string(status["token"].text())};
  if (given.token.empty() && given.client_chain.empty())
    return fail(fmt::format("{}: gave neither a token nor a certificate", access_.plugin->command));
  const auto expires = parse_timestamp(status["expirationTimestamp"].text());
  given_ = std::move(given);
  given_until_ = expires ? std::chrono::sys_seconds(std::chrono::seconds(*expires)) - kBeforeExpiry
                         : now + kForEver;
  return {};
}

}  // namespace stateward
