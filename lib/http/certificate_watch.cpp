#include "http/certificate_watch.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <iterator>
#include <utility>

#include "base/log.h"
#include "base/rfc3339.h"

namespace hullwright::http {
namespace {

constexpr std::chrono::seconds kInterval{1};

// Changes whenever a file is replaced or written. stat follows symbolic links, so the swap of a mounted Secret's "..data" shows.
std::string Fingerprint(const TlsFiles& files) {
  std::string fingerprint;
  for (const std::string* path : {&files.certificate_file, &files.key_file, &files.client_ca_file}) {
    struct stat status{};
    if (path->empty() || stat(path->c_str(), &status) != 0) {
      fingerprint += "absent;";
      continue;
    }
    fmt::format_to(std::back_inserter(fingerprint), "{}:{}:{}:{}.{:09};", status.st_dev, status.st_ino, status.st_size,
                   status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  return fingerprint;
}

}  // namespace

Result<std::unique_ptr<CertificateWatch>> CertificateWatch::Start(TlsFiles files, ServerState& state) {
  // Taken before loading: a file that changes while it is read is read again at the next tick.
  std::string fingerprint = Fingerprint(files);
  auto context = TlsContext::Load(files);
  if (!context) return std::unexpected(context.error());
  state.tls.Publish(std::move(*context));
  return std::unique_ptr<CertificateWatch>(new CertificateWatch(std::move(files), state, std::move(fingerprint)));
}

CertificateWatch::CertificateWatch(TlsFiles files, ServerState& state, std::string fingerprint)
    : files_(std::move(files)),
      state_(state),
      seen_(std::move(fingerprint)),
      thread_([this](std::stop_token stop) { Watch(std::move(stop)); }) {}

void CertificateWatch::Watch(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, kInterval, [&stop] { return stop.stop_requested(); })) {
    seen_.With([this](std::string& seen) {
      if (Fingerprint(files_) == seen) return;
      // Once per change, because the fingerprint is kept even when loading failed.
      if (const auto reloaded = Reload(seen); !reloaded) {
        log::Error("certificate not reloaded, the old one stays in force", {{"error", reloaded.error().message}});
      }
    });
  }
}

Result<void> CertificateWatch::Reload() {
  return seen_.With([this](std::string& seen) { return Reload(seen); });
}

Result<void> CertificateWatch::Reload(std::string& seen) {
  seen = Fingerprint(files_);
  auto context = TlsContext::Load(files_);
  if (!context) {
    Increment(state_.counters.certificate_reload_failures);
    return std::unexpected(context.error());
  }
  log::Info("certificate loaded", {{"file", files_.certificate_file}, {"expires", FormatRfc3339((*context)->expiry())}});
  state_.tls.Publish(std::move(*context));
  Increment(state_.counters.certificate_reloads);
  return {};
}

}  // namespace hullwright::http
