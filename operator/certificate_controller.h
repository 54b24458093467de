// The CA and the webhook's certificate (rotation_plan.h), and the bundle that API servers are to trust. Where somebody else makes the
// certificate (cert-manager, a Secret given by hand), the bundle is what that Secret says.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "kube/work_queue.h"
#include "operator/controller_context.h"
#include "operator/rotation_plan.h"
#include "operator/secrets.h"

namespace hullwright::controller {

struct CertificateOptions {
  bool external = false;  // only ca.crt of the webhook's Secret is read
  RotationOptions rotation = {};
  // Secrets are not watched, since that would need the right to list them.
  std::chrono::milliseconds poll = std::chrono::seconds(60), external_poll = std::chrono::seconds(10);
};

// Not thread-safe: of one worker.
class CertificateController {
 public:
  // on_bundle: called when the live configurations lack what bundle() says.
  CertificateController(const ControllerContext& context, const CertificateOptions& options, std::function<void()> on_bundle)
      : context_(context), options_(options), on_bundle_(std::move(on_bundle)) {}

  Result<kube::Reconciled> Reconcile(const std::stop_token& stop);

  // PEM; "" until it is known.
  const std::string& bundle() const { return bundle_; }

 private:
  struct Observed;

  Result<kube::Reconciled> ReconcileOwn(const std::stop_token& stop);
  Result<kube::Reconciled> ReconcileExternal();
  Result<Observed> Observe();
  Result<void> Do(const RotationPlan& plan, const Observed& observed);
  Result<void> MakeCa(const RotationPlan& plan, const Observed& observed);
  Result<void> MakeLeaf(const RotationPlan& plan, const Observed& observed);
  void Publish(const std::vector<CertificateView>& authorities, const std::vector<std::string>& live);
  void NoteUnusable(const std::string& secret, const std::string& problem);
  void MeasureOwn(const Observed& observed);
  std::chrono::milliseconds Jittered(std::chrono::milliseconds pause);

  const ControllerContext& context_;
  const CertificateOptions options_;
  const std::function<void()> on_bundle_;
  LiveWatch live_watch_;
  std::string bundle_, waiting_for_;
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace hullwright::controller
