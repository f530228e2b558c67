#include "cluster/reflector.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "cluster/backoff.h"
#include "engine/json_reader.h"

namespace stateward {
namespace {

// A watch that lasted so long was a good one: the next failure is the first again.
constexpr std::chrono::minutes kGoodWatch{2};
constexpr std::chrono::seconds kBriefWatch{1};

}  // namespace

class Reflectors::Reflector {
 public:
  Reflector(std::shared_ptr<CredentialSource> source, Inventory& inventory,
            const WatchedResource& resource, std::string name_space, std::size_t number,
            std::function<void(std::string_view)> say)
      : client_(std::move(source)),
        selection_{.resource = resource.resource, .name_space = std::move(name_space)},
        feed_(inventory, resource, number),
        say_(std::move(say)),
        random_(std::random_device{}() + static_cast<unsigned>(number)),
        thread_([this] { run(); }) {}
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;
  ~Reflector() {
    stop();
    thread_.join();
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    stop_asked_.notify_all();
    client_.stop();
  }

 private:
  void run() {
    Backoff backoff(static_cast<unsigned>(random_()));
    std::string version;
    while (!stopped()) {
      const auto began = std::chrono::steady_clock::now();
      const bool listing = version.empty();
      const ApiResult<void> done = listing ? list(version) : watch(version);
      if (stopped()) return;
      const auto took = std::chrono::steady_clock::now() - began;
      if (took > kGoodWatch) backoff.reset();
      // Events were lost: what we know is looked at anew.
      const bool expired = !listing && !done && done.error().expired();
      if (expired) version.clear();
      if (done) report({});
      if (done || expired) {
        // At once, but for what ends as soon as it has begun: it might do so for ever.
        if (!listing && !heard_ && took < kBriefWatch) sleep(backoff.next());
        continue;
      }
      report(done.error().message);
      sleep(std::max<std::chrono::milliseconds>(backoff.next(), done.error().retry_after));
    }
  }

  ApiResult<void> list(std::string& version) {
    feed_.begin_list();
    const auto put = [this](std::string_view text) {
      const ReadDocument read = read_json(text, Places::skip);
      if (read.document) feed_.put(read.document->node());
    };
    auto listed = client_.list(selection_, put, [this] { feed_.begin_list(); });
    if (!listed) return tl::unexpected(listed.error());
    feed_.end_list();
    version = std::move(*listed);
    return {};
  }

  ApiResult<void> watch(std::string& version) {
    // Not all at the same time.
    const std::chrono::seconds duration{std::uniform_int_distribution<int>(300, 600)(random_)};
    heard_ = false;
    return client_.watch(selection_, version, duration, [&](const WatchEvent& event) {
      const std::string_view seen = event.object["metadata"]["resourceVersion"].text();
      if (!seen.empty()) version = seen;
      if (event.type == "DELETED") {
        feed_.remove(event.object);
      } else if (event.type == "ADDED" || event.type == "MODIFIED") {
        feed_.put(event.object);
      }
      feed_.heard();
      heard_ = true;
    });
  }

  // A line when it begins to fail, and one when it works again.
  void report(const std::string& failure) {
    if (failure.empty() == failure_.empty()) return;
    failure_ = failure;
    if (!say_) return;
    const std::string_view where = selection_.name_space;
    say_(fmt::format("watching {}{}{}: {}", selection_.resource.plural, where.empty() ? "" : " in ",
                     where, failure.empty() ? "works again" : failure));
  }

  bool stopped() {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }
  void sleep(std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex_);
    stop_asked_.wait_for(lock, duration, [this] { return stopped_; });
  }

  ApiClient client_;
  const Selection selection_;
  Inventory::Feed feed_;
  std::function<void(std::string_view)> say_;
  std::string failure_;
  bool heard_ = false;  // anything in the present watch
  std::minstd_rand random_;
  std::mutex mutex_;
  std::condition_variable stop_asked_;
  bool stopped_ = false;
  std::thread thread_;
};

Reflectors::Reflectors(std::shared_ptr<CredentialSource> source, Inventory& inventory,
                       const std::vector<std::string>& namespaces,
                       std::function<void(std::string_view)> say) {
  const auto add = [&](const WatchedResource& resource, const std::string& name_space) {
    reflectors_.push_back(std::make_unique<Reflector>(source, inventory, resource, name_space,
                                                      reflectors_.size(), say));
  };
  for (const WatchedResource& resource : watched_resources()) {
    if (namespaces.empty() || !resource.namespaced()) {
      add(resource, {});
    } else {
      for (const std::string& name_space : namespaces) add(resource, name_space);
    }
  }
}

Reflectors::~Reflectors() {
  for (const auto& reflector : reflectors_) reflector->stop();
}

std::size_t Reflectors::feeds(const std::vector<std::string>& namespaces) {
  std::size_t count = 0;
  for (const WatchedResource& resource : watched_resources())
    count += namespaces.empty() || !resource.namespaced() ? 1 : namespaces.size();
  return count;
}

}  // namespace stateward
