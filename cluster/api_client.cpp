#include "cluster/api_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "cluster/list_scanner.h"
#include "engine/decide.h"
#include "engine/json_reader.h"

namespace stateward {
namespace {

constexpr int kPageSize = 500;
constexpr int kTries = 5;
constexpr std::chrono::seconds kLongestRetryAfter{30};
constexpr std::size_t kMessageLength = 300;

ApiError no_answer(std::string message) { return {.message = std::move(message)}; }

std::chrono::seconds seconds_of(std::string_view retry_after) {
  int seconds = 0;
  const auto [end, error] =
      std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
  if (error != std::errc() || seconds < 0) return {};
  return std::min(std::chrono::seconds(seconds), kLongestRetryAfter);
}

// A metav1.Status, as a body or as a watch's ERROR event.
ApiError error_of(Node status, int code) {
  return {.status = static_cast<int>(status["code"].integer(code)),
          .reason = std::string(status["reason"].text()),
          .message = printable(status["message"].text("no message"), kMessageLength),
          .resume = std::string(status["metadata"]["continue"].text())};
}

ApiError error_of(const HttpAnswer& answer) {
  const ReadDocument read = read_json(answer.body, Places::skip);
  ApiError error =
      read.document
          ? error_of(read.document->node(), answer.status)
          : no_answer(printable(answer.body.empty() ? "no message" : answer.body, kMessageLength));
  error.status = answer.status;
  error.message = fmt::format("the API server answers {}: {}", answer.status, error.message);
  error.retry_after = seconds_of(answer.retry_after);
  return error;
}

ApiResult<Document> read_answer(const std::string& body) {
  ReadDocument read = read_json(body, Places::skip);
  if (read.document && read.document->node().is_map()) return std::move(*read.document);
  return tl::unexpected(no_answer(
      fmt::format("the API server answers what is no JSON object: {}",
                  read.diagnostics.empty() ? "another type" : read.diagnostics.front().message)));
}

std::string query_of(const Selection& selection) {
  std::string query;
  if (!selection.field_selector.empty())
    query += "&fieldSelector=" + query_value(selection.field_selector);
  if (!selection.label_selector.empty())
    query += "&labelSelector=" + query_value(selection.label_selector);
  return query;
}

// Without a name it would be the path of all of them.
Result<std::string> path_of_one(const Resource& resource, std::string_view name_space,
                                std::string_view name) {
  if (name.empty())
    return fail(fmt::format("one of the {} is meant, and not named", resource.plural));
  return api_path(resource, name_space, name);
}

std::string page_target(std::string_view path, const Selection& selection, std::string_view token) {
  return fmt::format("{}?limit={}{}{}{}", path, kPageSize, query_of(selection),
                     token.empty() ? "" : "&continue=", query_value(token));
}

// Whether the same call may be sent again: a read always, a write only where the server has said
// that it did nothing with it.
bool may_retry(const HttpCall& call, const ApiError& error) {
  if (error.status == 429 || (error.status == 503 && error.retry_after.count() > 0)) return true;
  return call.method == "GET" && (error.status == 0 || error.status >= 500);
}

}  // namespace

ApiResult<std::shared_ptr<HttpConnection>> ApiClient::connection() {
  auto credentials = source_->current();
  if (!credentials) return tl::unexpected(no_answer(credentials.error().message));
  const std::lock_guard lock(mutex_);
  if (stopped_) return tl::unexpected(no_answer("stopped"));
  if (connection_ && *credentials == credentials_) return connection_;
  auto made = HttpConnection::make(source_->access(), *credentials);
  if (!made) {
    // Files that are replaced just now may not fit together yet.
    source_->refused();
    return tl::unexpected(no_answer(made.error().message));
  }
  connection_ = std::move(*made);
  credentials_ = std::move(*credentials);
  return connection_;
}

ApiResult<HttpAnswer> ApiClient::send_once(const HttpCall& call,
                                           const std::function<bool(std::string_view)>& on_chunk,
                                           std::chrono::seconds patience) {
  const auto connected = connection();
  if (!connected) return tl::unexpected(connected.error());
  auto answer = (*connected)->call(call, on_chunk, patience);
  if (!answer) return tl::unexpected(no_answer(answer.error().message));
  if (answer->status >= 200 && answer->status < 300) return std::move(*answer);
  if (answer->status == 401) source_->refused();
  return tl::unexpected(error_of(*answer));
}

ApiResult<HttpAnswer> ApiClient::send(const HttpCall& call,
                                      const std::function<bool(std::string_view)>& on_chunk,
                                      std::chrono::seconds patience) {
  bool refused = false;
  bool began = false;
  const std::function<bool(std::string_view)> watched = [&](std::string_view chunk) {
    began = true;
    return on_chunk(chunk);
  };
  for (int tries = 1;; ++tries) {
    auto answer =
        send_once(call, on_chunk ? watched : std::function<bool(std::string_view)>(), patience);
    if (answer || began) return answer;
    const ApiError& error = answer.error();
    // Credentials may have been replaced a moment ago: once more with those that are there now.
    const bool again = error.status == 401 && !std::exchange(refused, true);
    if (again) continue;
    if (tries >= kTries || !may_retry(call, error)) return answer;
    // A connection that was kept open may have been closed meanwhile: once more at once.
    const std::chrono::seconds wait{error.status == 0 && tries == 1 ? 0 : 1};
    if (!sleep(std::max(error.retry_after, wait))) return answer;
  }
}

bool ApiClient::sleep(std::chrono::seconds duration) {
  std::unique_lock lock(mutex_);
  return !stop_asked_.wait_for(lock, duration, [this] { return stopped_; });
}

ApiResult<Document> ApiClient::send_and_read(std::string_view method, Result<std::string> path,
                                             std::string_view content_type, std::string body) {
  if (!path) return tl::unexpected(no_answer(path.error().message));
  const auto answer = send({.method = method,
                            .target = std::move(*path),
                            .content_type = content_type,
                            .body = std::move(body)});
  if (!answer) return tl::unexpected(answer.error());
  return read_answer(answer->body);
}

ApiResult<Document> ApiClient::get(const Resource& resource, std::string_view name_space,
                                   std::string_view name) {
  return send_and_read("GET", path_of_one(resource, name_space, name), {}, {});
}

ApiResult<Document> ApiClient::get_path(std::string target) {
  return send_and_read("GET", std::move(target), {}, {});
}

ApiResult<Document> ApiClient::post_path(std::string target, std::string object) {
  return send_and_read("POST", std::move(target), "application/json", std::move(object));
}

ApiResult<Document> ApiClient::create(const Resource& resource, std::string_view name_space,
                                      std::string object) {
  auto path = api_path(resource, name_space);
  if (path) *path += "?fieldManager=stateward";
  return send_and_read("POST", std::move(path), "application/json", std::move(object));
}

ApiResult<Document> ApiClient::update(const Resource& resource, std::string_view name_space,
                                      std::string_view name, std::string object) {
  auto path = path_of_one(resource, name_space, name);
  if (path) *path += "?fieldManager=stateward";
  return send_and_read("PUT", std::move(path), "application/json", std::move(object));
}

ApiResult<Document> ApiClient::patch(const Resource& resource, std::string_view name_space,
                                     std::string_view name, PatchType type, std::string patch) {
  auto path = path_of_one(resource, name_space, name);
  if (path) *path += "?fieldManager=stateward";
  return send_and_read("PATCH", std::move(path),
                       type == PatchType::merge ? "application/merge-patch+json"
                                                : "application/strategic-merge-patch+json",
                       std::move(patch));
}

ApiResult<Document> ApiClient::apply(const Resource& resource, std::string_view name_space,
                                     std::string_view name, std::string object, bool force) {
  auto path = path_of_one(resource, name_space, name);
  if (path) *path += fmt::format("?fieldManager=stateward&force={}", force);
  return send_and_read("PATCH", std::move(path), "application/apply-patch+yaml", std::move(object));
}

ApiResult<void> ApiClient::remove(const Resource& resource, std::string_view name_space,
                                  std::string_view name, std::string_view uid) {
  std::string options;
  JsonWriter out(options);
  out.begin_object().key("apiVersion").string("v1").key("kind").string("DeleteOptions");
  out.key("preconditions").begin_object().key("uid").string(uid).end_object().end_object();
  const auto removed = send_and_read("DELETE", path_of_one(resource, name_space, name),
                                     "application/json", std::move(options));
  if (!removed) return tl::unexpected(removed.error());
  return {};
}

ApiResult<std::string> ApiClient::read_page(const std::string& target,
                                            const std::function<void(std::string_view)>& on_item,
                                            std::string& next) {
  ListScanner scanner(on_item);
  const auto answer = send(
      {.method = "GET", .target = target},
      [&](std::string_view chunk) { return scanner.add(chunk); }, std::chrono::seconds{60});
  if (!answer) return tl::unexpected(answer.error());
  const auto envelope = read_answer(scanner.envelope());
  if (!envelope) return tl::unexpected(envelope.error());
  const Node metadata = envelope->node()["metadata"];
  next = metadata["continue"].text();
  std::string version(metadata["resourceVersion"].text());
  if (version.empty()) return tl::unexpected(no_answer("a list without a resourceVersion"));
  return version;
}

ApiResult<std::string> ApiClient::list_page(const Selection& selection, std::string_view token,
                                            const std::function<void(std::string_view)>& on_item) {
  const auto path = api_path(selection.resource, selection.name_space);
  if (!path) return tl::unexpected(no_answer(path.error().message));
  std::string next;
  const auto version = read_page(page_target(*path, selection, token), on_item, next);
  if (!version) return tl::unexpected(version.error());
  return next;
}

ApiResult<std::string> ApiClient::list(const Selection& selection,
                                       const std::function<void(std::string_view)>& on_item,
                                       const std::function<void()>& restart) {
  const auto path = api_path(selection.resource, selection.name_space);
  if (!path) return tl::unexpected(no_answer(path.error().message));
  std::string next;
  bool restarted = false;
  while (true) {
    auto version = read_page(page_target(*path, selection, next), on_item, next);
    const bool too_old = !version && version.error().expired() && !next.empty();
    if (too_old && restart && !std::exchange(restarted, true)) {
      next.clear();
      restart();
      continue;
    }
    if (!version || next.empty()) return version;
  }
}

ApiResult<void> ApiClient::watch(const Selection& selection, std::string_view resource_version,
                                 std::chrono::seconds duration,
                                 const std::function<void(const WatchEvent&)>& on_event) {
  const auto path = api_path(selection.resource, selection.name_space);
  if (!path) return tl::unexpected(no_answer(path.error().message));
  std::string pending;
  std::optional<ApiError> ended;
  const auto take_line = [&](std::string_view line) {
    const auto event = read_answer(std::string(line));
    if (!event) {
      ended = event.error();
      return;
    }
    const Node object = event->node()["object"];
    if (event->node()["type"].text() == "ERROR") {
      ended = error_of(object, 500);
      return;
    }
    on_event({.type = event->node()["type"].text(), .object = object});
  };
  const auto on_chunk = [&](std::string_view chunk) {
    pending += chunk;
    std::size_t start = 0;
    for (std::size_t end; !ended && (end = pending.find('\n', start)) != std::string::npos;
         start = end + 1) {
      if (end > start) take_line(std::string_view(pending).substr(start, end - start));
    }
    pending.erase(0, start);
    return !ended && pending.size() <= ListScanner::kLargestItem;
  };
  const std::string target =
      fmt::format("{}?watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}{}",
                  *path, query_value(resource_version), duration.count(), query_of(selection));
  // Connections whose other end is gone are found by the socket's own keep-alive.
  const auto answer =
      send_once({.method = "GET", .target = target}, on_chunk, duration + std::chrono::seconds{30});
  if (ended) return tl::unexpected(*ended);
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

void ApiClient::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  stop_asked_.notify_all();
  if (connection_) connection_->stop();
}

}  // namespace stateward
