// Keeps trust material and registry settings true: reads them anew when an object changes, and now and then in any case, since ConfigMaps
// and Secrets are not watched. Requests only ever see snapshots.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/guarded.h"
#include "evidence/catalogue.h"
#include "evidence/trust_reader.h"

namespace hullwright::evidence {

struct TrustRefresherOptions {
  std::chrono::milliseconds look{200};      // for changed objects
  std::chrono::milliseconds again{60'000};  // for changed ConfigMaps and Secrets
  std::chrono::milliseconds patience{10'000};
};

// Thread-safe. The collaborators outlive it.
class TrustRefresher {
 public:
  using UseHosts = std::function<void(std::shared_ptr<const registry::Hosts>)>;

  // Reads once before it returns. use_hosts is called here and on the refresher's thread.
  TrustRefresher(const Catalogue& catalogue, ClusterData& cluster, const std::string& namespace_, UseHosts use_hosts,
                 TrustRefresherOptions options = {});

  std::shared_ptr<const TrustMaterial> Current() const { return current_.Get(); }
  std::uint64_t reads() const { return reads_; }

 private:
  void Run(const std::stop_token& stop);
  void Read();

  const Catalogue& catalogue_;
  const UseHosts use_hosts_;
  const TrustRefresherOptions options_;
  TrustReader reader_;
  Snapshot<TrustMaterial> current_{std::make_shared<TrustMaterial>()};
  std::shared_ptr<const TrustObjects> read_of_;  // of the thread
  std::chrono::steady_clock::time_point read_at_{};
  std::atomic<std::uint64_t> reads_ = 0;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace hullwright::evidence
