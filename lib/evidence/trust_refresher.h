// Keeps trust material and registry settings true: reads them anew when an object changes or a TUF repository gave something, and now and
// then in any case, since ConfigMaps and Secrets are not watched. Requests only ever see snapshots.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

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
  // Called with settings of registries that differ from those of before.
  using UseHosts = std::function<void(std::shared_ptr<const registry::Hosts>)>;

  // Reads once before it returns. use_hosts is called here and on the refresher's thread. tuf: null where nothing is fetched; it is
  // refreshed on a thread of its own, so that a slow mirror holds up no key.
  TrustRefresher(const Catalogue& catalogue, ClusterData& cluster, const std::string& namespace_, UseHosts use_hosts,
                 TufRoots* tuf = nullptr, TrustRefresherOptions options = {});

  std::shared_ptr<const TrustMaterial> Current() const { return current_.Get(); }
  std::uint64_t reads() const { return reads_; }
  // Authorities and registry settings that cannot be used, TrustRoots that could not be refreshed.
  std::vector<Problem> Problems() const;

 private:
  void Run(const std::stop_token& stop);
  void RunTuf(const std::stop_token& stop);
  void Read();
  // Tells those that were not there before.
  void Tell(std::vector<Problem> problems);

  const Catalogue& catalogue_;
  const UseHosts use_hosts_;
  const TrustRefresherOptions options_;
  TufRoots* const tuf_;
  TrustReader reader_;
  Snapshot<TrustMaterial> current_{std::make_shared<TrustMaterial>()};
  std::shared_ptr<const TrustObjects> read_of_;  // of the thread
  std::chrono::steady_clock::time_point read_at_{};
  std::uint64_t read_at_change_ = 0;  // of tuf_
  Guarded<std::vector<Problem>> problems_;
  std::atomic<std::uint64_t> reads_ = 0;
  std::jthread thread_, tuf_thread_;  // last: they use the others
};

}  // namespace hullwright::evidence
