#include "evidence/trust_refresher.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/pause.h"

namespace hullwright::evidence {
namespace {

using std::chrono::steady_clock;

// Calls act every so often until it is to stop. The edge of a thread: memory may run out; what is in force stays.
template <class Act>
void Repeat(const std::stop_token& stop, std::chrono::milliseconds every, Act&& act) {
  while (!stop.stop_requested()) {
    Pause(every, stop);
    if (stop.stop_requested()) return;
    try {
      act();
    } catch (const std::exception& error) {
      log::Error("trust could not be read", {{"error", error.what()}});
    }
  }
}

bool IsSame(const Problem& one, const Problem& other) {
  return one.object == other.object && one.error == other.error;
}

std::vector<Problem> ProblemsOf(const TrustMaterial& material) {
  std::vector<Problem> problems;
  for (const auto& [name, publisher] : material.publishers) {
    for (const BrokenAuthority& broken : publisher->broken) problems.push_back({"trust", "TrustedPublisher/" + name, broken.doubt.message});
  }
  return problems;
}

}  // namespace

TrustRefresher::TrustRefresher(const Catalogue& catalogue, ClusterData& cluster, const std::string& namespace_, UseHosts use_hosts,
                               TufRoots* tuf, TrustRefresherOptions options)
    : catalogue_(catalogue), use_hosts_(std::move(use_hosts)), options_(options), tuf_(tuf), reader_(cluster, namespace_, tuf) {
  Read();
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  if (tuf_ != nullptr) tuf_thread_ = std::jthread([this](const std::stop_token& stop) { RunTuf(stop); });
}

void TrustRefresher::Run(const std::stop_token& stop) {
  Repeat(stop, options_.look, [this] {
    const bool fetched = tuf_ != nullptr && tuf_->changes() != read_at_change_;
    if (!fetched && steady_clock::now() < read_at_ + options_.again && catalogue_.Trust() == read_of_) return;
    read_at_ = steady_clock::now();
    Read();
  });
}

void TrustRefresher::RunTuf(const std::stop_token& stop) {
  Repeat(stop, options_.look, [&] { tuf_->RefreshDue(stop); });
}

void TrustRefresher::Read() {
  auto objects = catalogue_.Trust();
  if (tuf_ != nullptr) read_at_change_ = tuf_->changes();
  const Deadline deadline = steady_clock::now() + options_.patience;
  auto hosts = reader_.ReadHosts(*objects, deadline);
  if (hosts && *hosts) use_hosts_(*hosts);
  auto material = reader_.ReadTrust(*objects, deadline);
  std::vector<Problem> problems = ProblemsOf(*material);
  // Those of before stay in force; at the start there is a default for every host.
  if (!hosts) problems.push_back({"trust", "", "registry settings: " + hosts.error().message, true});
  current_.Publish(std::move(material));
  Tell(std::move(problems));
  read_of_ = std::move(objects);
  read_at_ = steady_clock::now();
  ++reads_;
}

void TrustRefresher::Tell(std::vector<Problem> problems) {
  const std::vector<Problem> before = problems_.With([&](auto& known) { return std::exchange(known, problems); });
  for (const Problem& problem : problems) {
    const bool known = std::ranges::any_of(before, [&](const Problem& old) { return IsSame(old, problem); });
    if (!known)
      log::Error("trust material cannot be used",
                 {{"object", problem.object}, {"error", problem.error}, {"last_good_in_force", problem.last_good_in_force}});
  }
}

std::vector<Problem> TrustRefresher::Problems() const {
  std::vector<Problem> problems = problems_.With([](const auto& known) { return known; });
  if (tuf_ == nullptr) return problems;
  const std::vector<Problem> of_tuf = tuf_->Problems();
  problems.insert(problems.end(), of_tuf.begin(), of_tuf.end());
  return problems;
}

}  // namespace hullwright::evidence
