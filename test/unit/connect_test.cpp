#include "cli/connect.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "test/unit/temp_folder.h"

using namespace stateward;

namespace {

// An environment variable, for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

constexpr char kKubeconfig[] =
    "{current-context: a, clusters: [{name: a, cluster: {server: 'https://a:6443'}},"
    " {name: b, cluster: {server: 'http://[::1]:8080/k'}}],"
    " contexts: [{name: a, context: {cluster: a}}, {name: b, context: {cluster: b}}]}";

}  // namespace

TEST_CASE("a command reaches the context that is named, else the current one") {
  const TempFolder folder;
  const std::string file = folder.write("config", kKubeconfig).string();
  const auto current = connect({.kubeconfig = file});
  REQUIRE(current);
  CHECK(server_of((*current)->access()) == "https://a:6443");
  const auto named = connect({.kubeconfig = file, .context = "b"});
  REQUIRE(named);
  CHECK(server_of((*named)->access()) == "http://[::1]:8080/k");
}

TEST_CASE("without a kubeconfig and outside of a Pod it is said which option to use") {
  const TempFolder folder;
  const Variable home("HOME", folder.path().string());
  const Variable listed("KUBECONFIG", (folder.path() / "absent").string());
  const Variable host("KUBERNETES_SERVICE_HOST", "10.0.0.1");
  CHECK_FALSE(has_kubeconfig());
  const auto refused = connect({});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("--kubeconfig") != std::string::npos);
  const auto pod = connect({.in_cluster = true});
  REQUIRE_FALSE(pod);
  CHECK(pod.error().message.find("no Pod with a service account") != std::string::npos);
  CHECK_FALSE(connect({.in_cluster = true, .context = "a"}));
}
