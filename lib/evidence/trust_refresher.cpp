#include "evidence/trust_refresher.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/log.h"

namespace hullwright::evidence {

using std::chrono::steady_clock;

TrustRefresher::TrustRefresher(const Catalogue& catalogue, ClusterData& cluster, const std::string& namespace_, UseHosts use_hosts,
                               TrustRefresherOptions options)
    : catalogue_(catalogue), use_hosts_(std::move(use_hosts)), options_(options), reader_(cluster, namespace_) {
  Read();
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void TrustRefresher::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    woken.wait_for(lock, stop, options_.look, [] { return false; });
    if (stop.stop_requested()) return;
    const bool due = steady_clock::now() >= read_at_ + options_.again;
    if (!due && catalogue_.Trust() == read_of_) continue;
    // The edge of this thread: memory may run out; what is in force stays.
    try {
      Read();
    } catch (const std::exception& error) {
      log::Error("trust could not be read", {{"error", error.what()}});
      read_at_ = steady_clock::now();
    }
  }
}

void TrustRefresher::Read() {
  auto objects = catalogue_.Trust();
  const Deadline deadline = steady_clock::now() + options_.patience;
  auto hosts = reader_.ReadHosts(*objects, deadline);
  if (hosts)
    use_hosts_(std::move(*hosts));
  else
    log::Error("registry settings cannot be used, those of before stay in force", {{"error", hosts.error().message}});
  current_.Publish(reader_.ReadTrust(*objects, deadline));
  read_of_ = std::move(objects);
  read_at_ = steady_clock::now();
  ++reads_;
}

}  // namespace hullwright::evidence
