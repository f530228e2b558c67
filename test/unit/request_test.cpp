#include "engine/request.h"

#include <doctest/doctest.h>

#include <string>

using namespace stateward;

namespace {

constexpr Date kToday{2026, 11, 21};

const std::string kAccounts = "system:serviceaccount:kube-system:";

}  // namespace

TEST_CASE("a day is read when the calendar has it") {
  CHECK(parse_date("2027-01-31") == Date{2027, 1, 31});
  CHECK(parse_date("2028-02-29") == Date{2028, 2, 29});
  CHECK(parse_date("2000-02-29") == Date{2000, 2, 29});
  CHECK(parse_date("2026-12-31") == Date{2026, 12, 31});
  for (const char* text :
       {"2026-02-29", "2100-02-29", "2026-02-30", "2026-04-31", "2026-06-31", "2026-09-31",
        "2026-11-31", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text));
  }
}

TEST_CASE("a day in any other form is not read") {
  for (const char* text :
       {"", "2026", "2026-1-31", "26-01-31", "2026-01-3", "2026/01/31", "2026/01-31", "2026-01/31",
        "2026-01-31T00:00:00Z", " 2026-01-31", "2026-01-31 ", "20260131", "2026-01+31",
        "+026-01-31", "2026--1-31", "2026-0x-11", "31-01-2026", "tomorrow"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text));
  }
}

TEST_CASE("days follow each other by year, month and day") {
  CHECK(Date{2026, 12, 31} < Date{2027, 1, 1});
  CHECK(Date{2026, 1, 31} < Date{2026, 2, 1});
  CHECK(Date{2026, 2, 1} < Date{2026, 2, 2});
}

TEST_CASE("system actors are known by their whole names") {
  for (const std::string& user :
       {std::string("system:node:n1"), std::string("system:node:ip-10-0-0-1.ec2.internal"),
        std::string("system:kube-controller-manager"), kAccounts + "statefulset-controller",
        kAccounts + "generic-garbage-collector", kAccounts + "namespace-controller",
        kAccounts + "pod-garbage-collector", kAccounts + "node-controller",
        kAccounts + "pvc-protection-controller", kAccounts + "persistent-volume-binder"}) {
    CAPTURE(user);
    CHECK(is_system_actor(user));
  }
}

TEST_CASE("threat q: nobody else is a system actor, however much the name looks like one") {
  for (const std::string& user :
       {std::string(), std::string("alice"), std::string("system:admin"),
        std::string("system:node"), std::string("system:node:"), std::string("system:nodeX:n1"),
        std::string("system:nodes:n1"), std::string("system:node:n1:x"),
        std::string("xsystem:node:n1"), std::string("system:kube-controller-manager2"),
        std::string("system:kube-scheduler"), std::string("statefulset-controller"), kAccounts,
        kAccounts + "statefulset-controller2", kAccounts + "my-statefulset-controller",
        kAccounts + "default", kAccounts + "statefulset-controller:x",
        std::string("system:serviceaccount:other-space:statefulset-controller"),
        std::string("system:serviceaccount:kube-system2:statefulset-controller"),
        std::string("system:serviceaccount:default:statefulset-controller"),
        // It is warned, so it is no exempt actor.
        kAccounts + "horizontal-pod-autoscaler"}) {
    CAPTURE(user);
    CHECK_FALSE(is_system_actor(user));
  }
}

TEST_CASE("the autoscaler, kubelets and service accounts are told apart") {
  CHECK(is_autoscaler(kAccounts + "horizontal-pod-autoscaler"));
  CHECK_FALSE(is_autoscaler(kAccounts + "horizontal-pod-autoscaler2"));
  CHECK_FALSE(is_autoscaler("system:serviceaccount:default:horizontal-pod-autoscaler"));
  CHECK_FALSE(is_autoscaler("horizontal-pod-autoscaler"));
  CHECK(is_kubelet("system:node:n1"));
  CHECK_FALSE(is_kubelet("system:node:"));
  CHECK_FALSE(is_kubelet("system:node:n1:x"));
  CHECK_FALSE(is_kubelet("system:kube-controller-manager"));
  CHECK(is_service_account("system:serviceaccount:operators:pg"));
  CHECK_FALSE(is_service_account("system:serviceaccounts:operators"));
  CHECK_FALSE(is_service_account("system:serviceaccount"));
  CHECK_FALSE(is_service_account("alice"));
}

TEST_CASE("consent has a reason and holds through its last day") {
  const auto consent = parse_consent("moving to new disks; until 2026-11-21", kToday);
  REQUIRE(consent);
  CHECK(consent->reason == "moving to new disks");
  CHECK(consent->until == Date{2026, 11, 21});
  CHECK(parse_consent("x; until 2026-11-22", kToday));
  CHECK_FALSE(parse_consent("x; until 2026-11-20", kToday));
  CHECK_FALSE(parse_consent("x; until 2025-12-31", kToday));
  const auto spaced = parse_consent("  x ;  until   2027-01-31 \n", kToday);
  REQUIRE(spaced);
  CHECK(spaced->reason == "x");
  CHECK(spaced->until == Date{2027, 1, 31});
}

TEST_CASE("consent without an end is a reason alone") {
  for (const char* text : {"we know", "a; b", "a; b;", "until we move", "keep until 2020-01-01",
                           "until 2020-01-01; we know"}) {
    CAPTURE(text);
    const auto consent = parse_consent(text, kToday);
    REQUIRE(consent);
    CHECK(consent->reason == text);
    CHECK_FALSE(consent->until);
  }
}

TEST_CASE("only what follows the last semicolon is the end") {
  const auto consent = parse_consent("a; until 2020-01-01; until 2027-01-31", kToday);
  REQUIRE(consent);
  CHECK(consent->reason == "a; until 2020-01-01");
  CHECK(consent->until == Date{2027, 1, 31});
}

TEST_CASE("there is no consent without a reason, or with an end that cannot be read") {
  for (const char* text :
       {"", " ", "\t\n", "; until 2027-01-31", "  ; until 2027-01-31", "x; until", "x; until ",
        "x; until soon", "x; until 2027-02-30", "x; until 2027-01-31 or so", "x; until 31.01.2027",
        "x; until: 2027-01-31"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_consent(text, kToday));
  }
}
