// Where an imported ImageScan goes. A scan of the same digest that is already there is merged with it, not lost.
#pragma once

#include <string>

#include "api/image_scan.h"
#include "base/error.h"

namespace hullwright::kube {
class KubeClient;
}

namespace hullwright::cli {

class ReportKeeper;

// Encoded, with what etcd and a request can hold in mind.
inline constexpr std::size_t kMaxImageScanBytes = 256u << 10;

// The only ImageScan in a text, strictly decoded.
Result<api::ImageScan> DecodeImageScan(std::string_view json);

struct Stored {
  std::string where;    // "scans/sha256-….json", "ImageScan sha256-…"
  bool merged = false;  // with what was there
  std::string unread;   // what of earlier scans could not be read, and what follows; "": nothing
};

// Both keep the clocks of findings: what scans that are there already know of the same repository, vulnerability and package counts, not
// the scan's own first_seen. now: later than that no time counts. keeper, if any, knows clocks too, and keeps the report before anything
// is stored here: where it cannot, nothing is.

// FOLDER/sha256-<hex>.json, replaced atomically, under the folder's lock.
Result<Stored> StoreInFolder(api::ImageScan scan, const std::string& folder, Time now, ReportKeeper* keeper = nullptr);

// The object is created when absent; its status is then written through the status subresource with the resourceVersion that was read, and
// anew when somebody else was faster.
Result<Stored> StoreInCluster(api::ImageScan scan, kube::KubeClient& client, Time now, ReportKeeper* keeper = nullptr);
// Who the cluster says we are (SelfSubjectReview).
Result<std::string> ClusterUser(kube::KubeClient& client);

}  // namespace hullwright::cli
