// The Kubernetes API as this project needs it: unstructured objects, read as Documents and written
// as JSON text. One client serves one thread; stop() may come from any other.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "cluster/api_path.h"
#include "cluster/credentials.h"
#include "cluster/http_connection.h"
#include "engine/document.h"

namespace stateward {

// What the API server (metav1.Status), or the way to it, said instead of an answer.
struct [[nodiscard]] ApiError {
  int status = 0;       // HTTP; 0: no answer came
  std::string reason;   // "NotFound", "Conflict", "Expired", ...
  std::string message;  // for people
  std::chrono::seconds retry_after{0};
  std::string resume;  // of a list that is too old: the token to go on with, at a later moment

  bool not_found() const { return status == 404; }
  bool conflict() const { return status == 409; }
  bool forbidden() const { return status == 401 || status == 403; }
  // The resourceVersion or the continue token is too old: list anew.
  bool expired() const { return status == 410; }
};

template <typename T>
using ApiResult = tl::expected<T, ApiError>;

enum class PatchType : std::uint8_t { merge, strategic };

// What to look at: one resource, in one namespace or all, filtered by the server.
struct Selection {
  Resource resource;
  std::string name_space;      // empty: all
  std::string field_selector;  // "metadata.name=x"
  std::string label_selector;
};

// One event of a watch, borrowed for the duration of the call.
struct WatchEvent {
  std::string_view type;  // ADDED, MODIFIED, DELETED, BOOKMARK
  Node object;
};

class ApiClient {
 public:
  explicit ApiClient(std::shared_ptr<CredentialSource> source) : source_(std::move(source)) {}

  const Access& access() const { return source_->access(); }

  ApiResult<Document> get(const Resource& resource, std::string_view name_space,
                          std::string_view name);
  ApiResult<Document> create(const Resource& resource, std::string_view name_space,
                             std::string object);
  // PUT. The object's metadata.resourceVersion, where it has one, must be the stored one (409).
  ApiResult<Document> update(const Resource& resource, std::string_view name_space,
                             std::string_view name, std::string object);
  ApiResult<Document> patch(const Resource& resource, std::string_view name_space,
                            std::string_view name, PatchType type, std::string patch);
  // Server-side apply as field manager "stateward"; 409 where another manager owns a field, unless
  // forced.
  ApiResult<Document> apply(const Resource& resource, std::string_view name_space,
                            std::string_view name, std::string object, bool force = false);
  // DELETE, if it is still the object of that uid.
  ApiResult<void> remove(const Resource& resource, std::string_view name_space,
                         std::string_view name, std::string_view uid);
  // GET of any path and query that the caller has built from api_path().
  ApiResult<Document> get_path(std::string target);
  ApiResult<Document> post_path(std::string target, std::string object);

  // All objects, page by page, each as the text it came in. Answers the resourceVersion to watch
  // from. A 410 in the middle begins once more from the start, after `restart`.
  ApiResult<std::string> list(const Selection& selection,
                              const std::function<void(std::string_view)>& on_item,
                              const std::function<void()>& restart = {});
  // One page of it, from `token` on (empty: from the start). Answers the next page's token, empty
  // after the last one. All pages show the moment of the first.
  ApiResult<std::string> list_page(const Selection& selection, std::string_view token,
                                   const std::function<void(std::string_view)>& on_item);
  // Events from `resource_version` on until the server ends the watch, which is no error.
  ApiResult<void> watch(const Selection& selection, std::string_view resource_version,
                        std::chrono::seconds duration,
                        const std::function<void(const WatchEvent&)>& on_event);

  // Ends what is under way; all later calls are errors.
  void stop();

 private:
  ApiResult<HttpAnswer> send(const HttpCall& call,
                             const std::function<bool(std::string_view)>& on_chunk = {},
                             std::chrono::seconds patience = std::chrono::seconds{15});
  ApiResult<HttpAnswer> send_once(const HttpCall& call,
                                  const std::function<bool(std::string_view)>& on_chunk,
                                  std::chrono::seconds patience);
  ApiResult<Document> send_and_read(std::string_view method, Result<std::string> path,
                                    std::string_view content_type, std::string body);
  ApiResult<std::shared_ptr<HttpConnection>> connection();
  ApiResult<std::string> read_page(const std::string& target,
                                   const std::function<void(std::string_view)>& on_item,
                                   std::string& next);
  bool sleep(std::chrono::seconds duration);

  std::shared_ptr<CredentialSource> source_;
  Credentials credentials_;  // those of the connection
  std::mutex mutex_;         // guards what stop() looks at
  std::shared_ptr<HttpConnection> connection_;
  std::condition_variable stop_asked_;
  bool stopped_ = false;
};

}  // namespace stateward
