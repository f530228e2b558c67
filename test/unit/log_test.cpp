// Lines of the log: one a line whatever is in it, JSON that is JSON, and nobody ever waits.

#include "webhook/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "test/unit/temp_folder.h"

namespace {

using namespace stateward;
using namespace std::chrono_literals;
using Json = nlohmann::json;

class Pipe {
 public:
  Pipe() { REQUIRE(pipe2(ends_, O_CLOEXEC) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_writing();
    ::close(ends_[0]);
  }
  int writing() const { return ends_[1]; }
  void close_writing() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  void fill() const {
    REQUIRE(fcntl(ends_[1], F_SETFL, O_NONBLOCK) == 0);
    const std::string page(4096, '.');
    while (::write(ends_[1], page.data(), page.size()) > 0) {
    }
    REQUIRE(fcntl(ends_[1], F_SETFL, 0) == 0);
  }
  // All that was written; to be asked when nobody writes any more.
  std::string text() {
    close_writing();
    std::string all;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::read(ends_[0], buffer, sizeof buffer)) > 0;)
      all.append(buffer, static_cast<std::size_t>(size));
    return all;
  }
  std::vector<std::string> lines() {
    std::string all = text();
    std::vector<std::string> lines;
    while (!all.empty()) {
      const std::size_t end = all.find('\n');
      REQUIRE(end != std::string::npos);
      lines.push_back(all.substr(0, end));
      all.erase(0, end + 1);
    }
    return lines;
  }

 private:
  int ends_[2] = {-1, -1};
};

// Names that nobody would choose but somebody who wants to break a log.
const std::vector<std::string>& hostile_names() {
  static const std::vector<std::string> all = {
      "a\nb",
      "\"},{\"level\":\"info",
      "{} {0} {:d} %v %l {",
      "line\xE2\x80\xA8separator\xE2\x80\xA9paragraph",
      "\xFF\xFE invalid \xC3",
      "\xED\xA0\x80 half a surrogate",
      std::string("nul\0inside", 10),
      "\x1b[31mred\x1b[0m \x7f \xC2\x9B",
      "back\\slash \\u0000 \\\"",
      "\xE2\x80\xAE turned round",
      std::string(5000, '"'),
      std::string(5000, '\xFF'),
  };
  return all;
}

// An answer to a review in which every name is this one.
struct Told {
  explicit Told(std::string_view name, bool allowed = false) {
    review.kind.name = review.name_space = review.name = review.user = name;
    answer.response.allowed = allowed;
    if (!allowed) answer.denied_by = {"shared-claim", "host-network"};
    uid = name;
  }
  Answered answered() const {
    return {.door = Door::validate, .uid = uid, .review = &review, .answer = answer};
  }
  Review review;
  Answer answer;
  std::string uid;
};

}  // namespace

TEST_SUITE("log") {
  TEST_CASE("rule 59: each line is valid JSON under hostile names, and fits into a pipe's page") {
    Pipe pipe;
    {
      Log log({.format = LogFormat::json}, pipe.writing());
      for (const std::string& name : hostile_names()) {
        log.answered(Told(name).answered());
        log.warning(name);
      }
    }
    const auto lines = pipe.lines();
    REQUIRE(lines.size() == 2 * hostile_names().size());
    for (const std::string& line : lines) {
      CAPTURE(line);
      CHECK(line.size() < 4096);
      CHECK(line.find("\xE2\x80\xA8") == std::string::npos);
      const Json read = Json::parse(line, nullptr, false);
      REQUIRE(read.is_object());
      CHECK(read.contains("ts"));
      const bool denial = read["level"] == "info";
      CHECK(read.size() == (denial ? 13 : 3));
      if (denial) CHECK(read["policies"] == Json({"shared-claim", "host-network"}));
    }
  }

  TEST_CASE("lines of text are one line each, too") {
    Pipe pipe;
    {
      Log log({}, pipe.writing());
      for (const std::string& name : hostile_names()) log.answered(Told(name).answered());
    }
    const auto lines = pipe.lines();
    REQUIRE(lines.size() == hostile_names().size());
    for (const std::string& line : lines) {
      CAPTURE(line);
      CHECK(line.find(
                "Z info denied policy=shared-claim,host-network path=/validate operation=CREATE "
                "kind=\"") == 23);
      CHECK(line.find('\x1b') == std::string::npos);
    }
  }

  TEST_CASE("the level can be changed while lines are written") {
    Pipe pipe;
    {
      Log log({.level = LogLevel::warning}, pipe.writing());
      log.info("one");
      log.answered(Told("x").answered());
      log.warning("two");
      log.set_level(LogLevel::debug);
      log.answered(Told("x", true).answered());
      log.reset_level();
      log.info("three");
      log.error("four");
    }
    const auto lines = pipe.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].ends_with(" warning two"));
    CHECK(lines[1].find(" debug allowed policy=- path=/validate ") != std::string::npos);
    CHECK(lines[2].ends_with(" error four"));
  }

  TEST_CASE("a pipe that nobody reads holds nobody up, and what is lost is counted") {
    Pipe pipe;
    pipe.fill();
    {
      Log log({}, pipe.writing());
      const Told told("x");
      for (int i = 0; i < 30'000; ++i) log.answered(told.answered());
      CHECK(log.dropped() >= 30'000 - 8192 - 1);
      CHECK(log.dropped() <= 30'000);
    }  // and the end does not wait for a reader either
    CHECK(pipe.text().find("denied") == std::string::npos);
  }

  TEST_CASE("a full disk loses lines, and counts them") {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    {
      Log log({}, full);
      for (int i = 0; i < 10; ++i) log.info("x");
      for (int tries = 0; tries < 1000 && log.dropped() < 10; ++tries)
        std::this_thread::sleep_for(10ms);
      CHECK(log.dropped() == 10);
    }
    ::close(full);
  }
}
