// `stateward serve` as a process: what it prints can be used, what it refuses is explained, and
// signals end it.

#include "cli/serve.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <httplib.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "certs/authority.h"
#include "test/unit/api_server.h"

namespace {

using namespace stateward;
namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "stateward-serve-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

// The command in a process of its own, with what it writes.
class Process {
 public:
  explicit Process(const ServeOptions& options) {
    int out[2];
    int err[2];
    REQUIRE(pipe(out) == 0);
    REQUIRE(pipe(err) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      for (const int end : {out[0], out[1], err[0], err[1]}) ::close(end);
      _exit(run(options));
    }
    ::close(out[1]);
    ::close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
    ::close(err_);
  }

  void signal(int number) const { kill(pid_, number); }
  // 128 + its number where a signal ended it.
  int wait() {
    int status = 0;
    REQUIRE(waitpid(std::exchange(pid_, 0), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  // Reads standard output until `text` has come, or its end.
  std::string output_with(std::string_view text) { return read(out_, text); }
  std::string errors_with(std::string_view text) { return read(err_, text); }
  std::string errors() { return read(err_, {}); }

 private:
  static std::string read(int pipe, std::string_view until) {
    std::string all;
    char c = 0;
    while ((until.empty() || all.find(until) == std::string::npos) && ::read(pipe, &c, 1) == 1)
      all += c;
    return all;
  }

  pid_t pid_ = 0;
  int out_ = -1;
  int err_ = -1;
};

std::string after(const std::string& text, std::string_view mark, std::string_view end) {
  const std::size_t at = text.find(mark);
  REQUIRE(at != std::string::npos);
  const std::size_t start = at + mark.size();
  return text.substr(start, text.find(end, start) - start);
}

struct Curl {
  std::string authority;
  std::string file;
  std::string port;
  std::string target;
};

// The n-th printed curl line, taken apart as a shell would.
Curl curl_line(const std::string& output, std::size_t n) {
  std::size_t at = output.find("  curl ");
  for (; n > 0; --n) at = output.find("  curl ", at + 1);
  REQUIRE(at != std::string::npos);
  const std::string line = output.substr(at, output.find('\n', at) - at);
  CHECK(line.find("-H 'Content-Type: application/json'") != std::string::npos);
  const std::string url = after(line, "'https://127.0.0.1:", "'");
  return {after(line, "--cacert '", "'"), after(line, "--data-binary '@", "'"),
          url.substr(0, url.find('/')), url.substr(url.find('/'))};
}

Json send(const Curl& curl, Door door) {
  httplib::SSLClient client("127.0.0.1", std::stoi(curl.port));
  client.set_ca_cert_path(curl.authority);
  const std::string review = text_of(curl.file);
  const auto result = client.Post(curl.target, review, "application/json");
  REQUIRE(result);
  CHECK(complaints(Json::parse(review), door,
                   {result->status, result->get_header_value("Content-Type"), result->body}) == "");
  return Json::parse(result->body);
}

ServeOptions on_free_ports() { return {.listen = "127.0.0.1:0", .health_listen = "127.0.0.1:0"}; }

}  // namespace

TEST_CASE("serve --local prints two requests that do what it says of them, and cleans up") {
  ServeOptions options = on_free_ports();
  options.local = true;
  Process process(options);
  const std::string output = process.output_with("/validate?timeout=5s'\n");

  const Curl mended = curl_line(output, 0);
  CHECK(mended.target == "/mutate?timeout=5s");
  const Json answer = send(mended, Door::mutate);
  const Json stored = patched(Json::parse(text_of(mended.file)), answer);
  CHECK(stored["spec"]["serviceName"] == "db-headless");
  CHECK(stored["spec"]["template"]["spec"]["containers"][0].contains("readinessProbe"));

  const Curl denied = curl_line(output, 1);
  CHECK(denied.target == "/validate?timeout=5s");
  const Json denial = send(denied, Door::validate).at("response");
  CHECK(denial["allowed"] == false);
  const std::string message = denial.at("status").at("message");
  CHECK(message.find("shared-claim") != std::string::npos);
  CHECK(message.find("/spec/template/spec/volumes/0") != std::string::npos);

  CHECK(text_of(mended.authority).find("PRIVATE KEY") == std::string::npos);
  process.signal(SIGTERM);
  CHECK(process.wait() == 0);
  CHECK_FALSE(fs::exists(fs::path(mended.file).parent_path()));
}

TEST_CASE("a folder that is given keeps the files of --local") {
  const Folder folder;
  ServeOptions options = on_free_ports();
  options.local = true;
  options.local_folder = (folder / "try").string();
  Process process(options);
  const std::string output = process.output_with("/validate?timeout=5s'\n");
  CHECK(curl_line(output, 0).file == (folder / "try" / "mended.json").string());
  process.signal(SIGINT);
  CHECK(process.wait() == 0);
  CHECK(fs::exists(folder / "try" / "ca.crt"));
  CHECK(fs::exists(folder / "try" / "denied.json"));
}

TEST_CASE("what serve cannot start with is explained on standard error with exit code 2") {
  const Folder folder;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const Authority authority = make_authority(now).value();
  const std::vector<std::string> names = {"localhost"};
  const Identity identity = issue(authority, names, now).value();
  const std::string certificate = (folder / "tls.crt").string();
  const std::string key = (folder / "tls.key").string();
  const std::string other_key = (folder / "other.key").string();
  std::ofstream(certificate) << identity.chain;
  std::ofstream(key) << identity.key;
  std::ofstream(other_key) << issue(authority, names, now).value().key;

  // Somebody who is there already.
  httplib::Server taken;
  const int port = taken.bind_to_any_port("127.0.0.1");
  const std::string missing = (folder / "missing.crt").string();

  struct Case {
    ServeOptions options;
    std::string says;
  };
  const Case cases[] = {
      {{}, "give --tls-cert and --tls-key, --in-cluster"},
      {{.tls_cert = certificate}, "--tls-cert needs --tls-key too"},
      {{.tls_key = key}, "--tls-key needs --tls-cert too"},
      {{.tls_cert = certificate, .tls_key = key, .local = true},
       "--local makes its own certificate"},
      {{.tls_cert = missing, .tls_key = key}, missing + ": No such file or directory"},
      {{.tls_cert = certificate, .tls_key = other_key},
       other_key + ": is not the key of the certificate in " + certificate},
      {{.listen = "9443", .local = true}, "--listen: \"9443\" is not ADDRESS:PORT"},
      {{.health_listen = "x", .local = true}, "--health-listen: \"x\" is not ADDRESS:PORT"},
      {{.listen = fmt::format("127.0.0.1:{}", port), .local = true},
       fmt::format("cannot listen at 127.0.0.1:{}: Address already in use; --listen", port)},
  };
  for (const Case& refused : cases) {
    Process process(refused.options);
    const std::string errors = process.errors();
    CAPTURE(errors);
    CHECK(process.wait() == 2);
    CHECK(errors.starts_with("stateward: "));
    CHECK(errors.find(refused.says) != std::string::npos);
    CHECK(errors.find('\n') == errors.size() - 1);
  }
}

TEST_CASE("SIGTERM drains, and a second one ends it at once") {
  const Folder folder;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::vector<std::string> names = {"localhost"};
  const Identity identity = issue(make_authority(now).value(), names, now).value();
  ServeOptions options = on_free_ports();
  options.tls_cert = (folder / "tls.crt").string();
  options.tls_key = (folder / "tls.key").string();
  options.drain = std::chrono::hours{1};
  std::ofstream(options.tls_cert) << identity.chain;
  std::ofstream(options.tls_key) << identity.key;

  Process process(options);
  const std::string greeting = process.errors_with("\n");
  httplib::Client health("127.0.0.1",
                         std::stoi(after(greeting, "health at http://127.0.0.1:", "\n")));
  CHECK(health.Get("/readyz")->status == 200);
  process.signal(SIGTERM);
  process.errors_with("draining for 3600 s\n");
  CHECK(health.Get("/readyz")->status == 503);
  process.signal(SIGTERM);
  CHECK(process.wait() == 128 + SIGTERM);

  Process interrupted(options);
  interrupted.errors_with("serves https://");
  interrupted.signal(SIGINT);
  CHECK(interrupted.wait() == 0);
}
